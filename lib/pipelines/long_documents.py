"""Work on the words of long documents, where it can be ended: in a worker process, and not in all of them at once.

In: a function of a document's words, and the pages that have them. Out: what it returned or raised. What few words take
is computed in a thread, a second at most. What more of them take ends with the request: its process is killed.
"""

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar, TypeVarTuple, cast

from anyio.lowlevel import RunVar

from lib.computing import compute
from lib.document import Page, Span
from lib.fair_queue import FairQueue
from lib.grammar.recall import one_document
from lib.pipelines.worker_process import Bounds, most_processes, run_bounded
from lib.telemetry import current_request

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

MOST_WORDS = 3_000
"""Of a document that is not long: reading it takes a second, and packing it 5 ms of the event loop."""

MOST_CHARACTERS = 60_000
"""The same for its letters, as a word may have a million."""

LONGEST_S = 600.0
"""Seconds for one step where no request sets a deadline."""

GRACE_S = 2.0
"""Beyond the request's deadline, which ends the process first and says so."""

MEMORY_MB = 2048
"""Far from what MAX_DOCUMENT_WORDS take."""

_queue: RunVar[FairQueue] = RunVar("long_documents_queue")


def is_long(pages: Iterable[Page]) -> bool:
    """Whether the pages have more words, or more letters, than a thread may read; as spans, or as words already."""
    words = characters = 0
    for page in pages:
        words += len(page.words) or sum([len(span.words) or 1 + span.text.count(" ") for span in page.spans])
        characters += sum([len(word.text) for word in page.words]) or sum([len(span.text) for span in page.spans])
        if words > MOST_WORDS or characters > MOST_CHARACTERS:
            return True
    return False


def bare(pages: Sequence[Page], *, keep_doubted: bool = False) -> tuple[Page, ...]:
    """The pages with nothing but what their words are made from: their spans, or else the words themselves.

    Args:
        pages: In order.
        keep_doubted: Whether pages with words keep the spans that OCR was not certain of, which the rules look at.
    """
    return tuple([replace(page, image=None, spans=_needed_spans(page, keep_doubted=keep_doubted)) for page in pages])


def _needed_spans(page: Page, *, keep_doubted: bool) -> tuple[Span, ...]:
    if not page.words:
        return page.spans
    return tuple([span for span in page.spans if span.confidence < 1.0]) if keep_doubted else ()


def long_queue() -> FairQueue:
    """Who waits for one of the processes that long documents may have: one stays free where there are several."""
    try:
        return _queue.get()
    except LookupError:
        queue = FairQueue(max(1, most_processes() - 1), guests=1)
        _queue.set(queue)
        return queue


async def compute_words(pages: Iterable[Page], function: Callable[[*Args], Result], *args: *Args) -> Result:
    """Call a function that takes its time for each word of some pages: in a thread, or apart where they are long."""
    if is_long(pages):
        return await compute_apart(function, *args)
    return await compute(function, *args)


async def compute_apart(function: Callable[[*Args], Result], *args: *Args) -> Result:
    """Call a function in a worker process, which is ended with the request.

    Args:
        function: Importable by name, or a partial of such a one, as it is pickled.
        args: Its arguments, pickled.

    Raises:
        UnreadableDocument: It took too much memory, or broke the process.
        BrokenWorkerProcess: No process can be started here.
    """
    packed = await compute(_packed, function, args)
    async with long_queue().place():
        timeout_s = min(current_request().remaining_s, LONGEST_S) + GRACE_S
        return cast("Result", await run_bounded(_unpacked, packed, bounds=Bounds(timeout_s, MEMORY_MB)))


def _packed(function: Callable[[*Args], Result], args: tuple[*Args]) -> bytes:
    """In a thread: words by the thousand take a while to pack."""
    return pickle.dumps((function, args), pickle.HIGHEST_PROTOCOL)


def _unpacked(packed: bytes) -> object:
    """What the worker process does."""
    function, args = pickle.loads(packed)  # noqa: S301 - packed by this service
    with one_document():
        return function(*args)
