"""The nouns of jobs: what is asked for, and how far it is.

In: nothing. Out: frozen dataclasses.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lib.document import Inquiry, Question
from lib.extraction import Extraction

State: TypeAlias = Literal["queued", "started", "finished", "failed", "cancelled"]
"""Of a job and of a file; the last three are final."""

FINAL: frozenset[State] = frozenset({"finished", "failed", "cancelled"})

CallbackState: TypeAlias = Literal["waiting", "pending", "delivered", "failed"]
"""Of a job's callback: before the job's end, being tried, taken by the other side, given up."""

INTERNAL_ERROR = "internal_error"
"""The code of a failure that is none of lib/errors.py."""


@dataclass(frozen=True, slots=True)
class FileId:
    """One file of one job.

    Attributes:
        job_id: 32 hexadecimal digits.
        index: Its place in the job, from 0.
    """

    job_id: str
    index: int

    def __str__(self) -> str:
        return f"{self.job_id}-{self.index}"

    @classmethod
    def parse(cls, text: str) -> "FileId":
        """The file that `str(file)` names; what follows after a further dash is left out.

        Raises:
            ValueError: It is none.
        """
        found = re.match(r"([0-9a-f]{32})-(\d{1,9})(?:-|$)", text)
        if not found:
            raise ValueError("not a file of a job")
        return cls(found[1], int(found[2]))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file has no extraction.

    Attributes:
        code: Of an error of lib/errors.py, or `internal_error`.
        detail: For the client; says nothing of what the document says.
    """

    code: str
    detail: str


Outcome: TypeAlias = Extraction | Failure


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What holds for every file of a job.

    Attributes:
        include: The parts of the answer that were asked for, as of /v1/extract.
        queue: Where its files wait.
        callback_url: Who is told that it ended; empty: nobody.
        questions: The client's own.
        lang: The language of scanned pages; empty: the workers' OCR_LANG.
    """

    include: frozenset[str] = frozenset()
    queue: str = "default"
    callback_url: str = ""
    questions: tuple[Question, ...] = ()
    lang: str = ""

    @property
    def inquiry(self) -> Inquiry:
        """What is asked about each file beyond the six fields."""
        return Inquiry.of_parts(self.include, questions=self.questions, lang=self.lang)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be taken.

    Attributes:
        job_id: Unguessable.
        owner: Whose it is: a digest of the API key.
        request_id: Of the request that brought it.
        options: What was asked for.
        names: What the client calls its files.
        digest: Of all that makes it another job: files and options.
        idempotency_key: The client's, or empty.
    """

    job_id: str
    owner: str
    request_id: str
    options: JobOptions
    names: tuple[str | None, ...]
    digest: str
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class FileView:
    """How far one file is; `outcome` once it has one.

    Attributes:
        pages_total: 0 until the file was opened.
    """

    index: int
    name: str | None
    state: State
    pages_done: int = 0
    pages_total: int = 0
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """How far a job is. Times are seconds since 1970, by the clock of Redis.

    Attributes:
        settled: Indexes of the files that are done, in the order in which they were.
    """

    job_id: str
    owner: str
    request_id: str
    options: JobOptions
    state: State
    created_at: float
    started_at: float | None
    ended_at: float | None
    expires_at: float | None
    callback: CallbackState | None
    files: tuple[FileView, ...]
    settled: tuple[int, ...]

    def count(self, state: State) -> int:
        """How many files are in a state."""
        return sum(file.state == state for file in self.files)


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker process as its last sign of life described it.

    Attributes:
        name: Unique over all machines.
        file: What it reads, or None.
        busy_s: Seconds since it began with that.
    """

    name: str
    file: FileId | None
    busy_s: float


@dataclass(frozen=True, slots=True)
class QueueView:
    """The state of the whole queue.

    Attributes:
        waiting: Files that nobody reads yet, by queue.
        running: Files being read.
        oldest_s: Seconds that the longest waiting file has waited; 0 where none waits.
        workers: Worker processes that are alive.
        stuck: Those of them that have read one file for longer than any may take.
        totals: Files settled and put back, callbacks delivered and given up, since Redis was new.
    """

    waiting: dict[str, int]
    running: int
    oldest_s: float
    workers: int
    stuck: int
    totals: dict[str, int]
