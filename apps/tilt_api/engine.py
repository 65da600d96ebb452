"""The seam to the model: what the server asks of an engine, and how an engine says no.

In: nothing. Out: the `Engine` protocol, its nouns, and the refusals that become HTTP statuses in errors.py. The two
engines that read documents are in vllm_engine.py and arctic_tilt/; engines.py chooses.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NewType, Protocol

from PIL import Image

from lib.errors import StartupError
from lib.pipelines.tilt.chat_protocol import DOCUMENT_REFUSED
from lib.pipelines.tilt.protocol import Box, FinishReason

EXIT_NO_VLLM = 10
EXIT_WRONG_BUILD = 11
EXIT_NO_GPU = 12
EXIT_NO_ENGINE = 13
EXIT_ENGINE_DIED = 14
"""What the process ends with, for the watchdog that starts it again; docs/tilt-server.md has the table."""

Prompt = NewType("Prompt", object)
"""One question about one document, ready for the engine; opaque to everybody else."""


class ServingError(Exception):
    """A request gets no answer; the message is for the client and quotes nothing of its document.

    Attributes:
        status: Of the HTTP answer.
        kind: The error's `type` on the wire where it is a code of ours; None: vLLM's name of the status.
        retry_after_s: Seconds until the same request may well be answered; None: it will not be.
    """

    status: ClassVar[int] = 500
    kind: ClassVar[str | None] = None
    retry_after_s: ClassVar[int | None] = None


class BadRequest(ServingError):
    """The request, or the document in it, is not one that TILT can be asked."""

    status = 400


class UnknownModel(ServingError):
    """Another model is asked for than the one that is served."""

    status = 404


class DocumentRefused(ServingError):
    """The model or the engine cannot take this document; sending it again changes nothing."""

    status = 413
    kind = DOCUMENT_REFUSED


class BodyTooLarge(ServingError):
    """The body has more bytes than a request may have."""

    status = 413


class Busy(ServingError):
    """As many documents wait as may wait."""

    status = 503
    retry_after_s = 1


class EngineFailed(ServingError):
    """The engine failed on this request and lives on."""


class EngineDead(ServingError):
    """The engine has ended for good; only a new process helps, and takes its time to load."""

    status = 503
    retry_after_s = 60


class CannotServe(StartupError):
    """The server cannot start.

    Attributes:
        exit_code: What the process ends with; docs/tilt-server.md lists them.
    """

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Limits:
    """What the model can take, from its own configuration.

    Attributes:
        document_tokens: Of all pages together; the fork drops what is beyond without a word.
        question_tokens: Of one question with the separator behind it.
        output_tokens: Of one answer.
        pages: Of one document; a page beyond them ends the engine.
        image_width: Pixels that the model scales a page's image to.
        context_tokens: max_model_len, as /v1/models shows it.
    """

    document_tokens: int
    question_tokens: int
    output_tokens: int
    pages: int
    image_width: int
    context_tokens: int


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """One page as the preprocessor takes it.

    Attributes:
        words: In reading order, none blank.
        boxes: One for each word, [x0, y0, x1, y1] in the unit of width and height.
        width: Greater than 0.
        height: Greater than 0.
        image: Mode L; shows the area that width and height span.
    """

    words: tuple[str, ...]
    boxes: tuple[Box, ...]
    width: float
    height: float
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is generated.

    Attributes:
        temperature: 0: the likeliest token each time.
        max_tokens: Where the answer is cut off.
        ignore_end: Go on to `max_tokens` whatever the model says; for the warm-up.
    """

    temperature: float
    max_tokens: int
    ignore_end: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """What has been generated so far.

    Attributes:
        text: All of it, special tokens left out.
        logprobs: Natural logarithm of each generated token's probability, the end token's included.
        finish_reason: None while the engine is at it. `length` without a token: the document is beyond its memory.
    """

    text: str
    logprobs: tuple[float, ...]
    finish_reason: FinishReason | None


class Engine(Protocol):
    """Arctic-TILT, loaded. Any number of answers may be generated at the same time; the engine batches them."""

    @property
    def name(self) -> str:
        """`vllm` or `torch`; /v1/models and the log show it."""
        ...

    @property
    def limits(self) -> Limits:
        """What the model can take."""
        ...

    def count_tokens(self, words: Sequence[str]) -> int:
        """How many tokens the words have; safe in any thread."""
        ...

    def count_question_tokens(self, question: str) -> int:
        """How many tokens the question has with its separator and no end token; safe in any thread."""
        ...

    def prepare(self, pages: Sequence[ScannedPage], questions: Sequence[str]) -> tuple[Prompt, ...]:
        """One prompt for each question about one document; blocks for its CPU time, safe in any thread.

        Raises:
            DocumentRefused: The engine has no memory for it.
        """
        ...

    def generate(self, prompt: Prompt, *, sampling: Sampling, request_id: str) -> AsyncIterator[Output]:
        """The growing answer; its last item has a finish reason. A cancelled caller frees the engine's memory.

        Raises:
            BadRequest: The engine refuses this prompt.
            EngineFailed: The engine failed on this prompt.
            EngineDead: The engine has ended.
        """
        ...

    async def check(self) -> None:
        """Whether the engine still runs.

        Raises:
            EngineDead: It does not.
        """
        ...

    def close(self) -> None:
        """End the engine's loop."""
        ...
