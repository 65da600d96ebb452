"""Whether a server behind a reader answers questions, not merely whether it is there.

In: two ways of asking, one that lists the served model and one that asks a question about a tiny document of our own,
and the outcome of every real document. Out: a `TiltHealth`. Knows no protocol and no HTTP: every remote reader uses it.

A server of another kind lists models as well, and an engine that has failed may go on listing its own. So the server
counts as reachable only once it answered a question. The tiny question is asked at the start and again after a
failure, not at each look: on a GPU it costs a place in the batch.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import anyio

from lib.document import BBox, OcrDocument, Page, Question, Word
from lib.errors import TiltError, TiltProtocolError, TiltTimeout, TiltUnavailable
from lib.pipelines.tilt.circuit_breaker import BreakerState, CircuitBreaker

T = TypeVar("T")

TINY_DOCUMENT = OcrDocument(
    (Page(0, 768, 1086, "ocr", words=(Word("Total", BBox(9, 9, 99, 29)), Word("1.00", BBox(109, 9, 199, 29)))),)
)
TINY_QUESTIONS = (Question("total", "What is the total?"),)
"""Every protocol carries a question of this key."""

FAILURES = (TiltUnavailable, TiltTimeout, TiltProtocolError)
"""What says that the server does not answer questions; a refusal of one document does not."""


@dataclass(frozen=True, slots=True)
class TiltHealth:
    """What a look at the TILT server found.

    Attributes:
        reachable: Whether it lists a model and answered the last question it was asked.
        model: The first model's name.
        latency_ms: Milliseconds until it listed the model.
        breaker: The state of its breaker here.
        problem: The error's code where it is not reachable.
        detail: One sentence on the cause where it is not reachable.
    """

    reachable: bool
    model: str | None
    latency_ms: float | None
    breaker: BreakerState
    problem: str | None = None
    detail: str | None = None


class ReaderHealth:
    """Remembers whether the last question to a server was answered, and asks a tiny one where it was not.

    Attributes:
        proven: Whether a question was answered and none failed since.
    """

    def __init__(
        self,
        *,
        list_model: Callable[[], Awaitable[str]],
        ask: Callable[[], Awaitable[object]],
        breaker: CircuitBreaker,
        list_timeout_s: float,
        ask_timeout_s: float,
    ) -> None:
        """Nothing is asked yet.

        Args:
            list_model: Gives the served model's name, or raises a `TiltError`.
            ask: Asks `TINY_QUESTIONS` about `TINY_DOCUMENT` and reads the answer, or raises a `TiltError`.
            breaker: Whose state is shown; the tiny question passes it by and does not count for it.
            list_timeout_s: Seconds for `list_model`.
            ask_timeout_s: Seconds for `ask`.
        """
        self.proven = False
        self._list_model = list_model
        self._ask = ask
        self._breaker = breaker
        self._list_timeout_s = list_timeout_s
        self._ask_timeout_s = ask_timeout_s

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Ask and read the answer of one document inside of this block: its outcome counts as proof, or ends it."""
        try:
            yield
        except FAILURES:
            self.proven = False
            raise
        else:
            self.proven = True

    async def check(self) -> TiltHealth:
        """Look whether the server is there, and ask it where its last answer is missing; raises no `TiltError`."""
        start = time.perf_counter()
        try:
            model = await _within(self._list_timeout_s, self._list_model, doing="list its model")
            latency_ms = (time.perf_counter() - start) * 1000
            if not self.proven:
                await _within(self._ask_timeout_s, self._ask, doing="answer a first question")
                self.proven = True
        except TiltError as exc:
            self.proven = False
            return TiltHealth(False, None, None, self._breaker.state, exc.code, str(exc))
        return TiltHealth(True, model, latency_ms, self._breaker.state)


async def _within(limit_s: float, ask: Callable[[], Awaitable[T]], *, doing: str) -> T:
    try:
        with anyio.fail_after(limit_s):
            return await ask()
    except TimeoutError as exc:
        raise TiltTimeout(f"The TILT server did not {doing} within {limit_s:g} s.") from exc
