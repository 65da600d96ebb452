"""Who may work now: so many requests, places at the OCR engines, clients that go away, and draining.

In: pieces of work. Out: their results, or `Overloaded`, `Draining`, `ClientGone`. What is refused is refused at once;
what is admitted is finished or cancelled, never forgotten. The deadline of the work itself stands in the extractor.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import anyio
from starlette.requests import Request

from lib.errors import Draining, Overloaded
from lib.pipelines.extract import OcrPlace

Result = TypeVar("Result")


class ClientGone(Exception):
    """The client closed the connection; nobody is left to answer."""


class OcrQueue:
    """Counts the documents that need OCR: some are being read, some wait, and the next one is refused.

    Documents with a text layer never come here.
    """

    def __init__(self, *, running: int, waiting: int) -> None:
        """Take the limits of documents being read and documents waiting."""
        self._places = running + waiting
        self._waiting = waiting
        self._taken = 0

    @property
    def taken(self) -> int:
        """Documents that are being read or wait."""
        return self._taken

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for one document, or for one batch.

        Raises:
            Overloaded: There is none.
        """
        if self._taken >= self._places:
            raise Overloaded(
                f"{self._waiting} documents are waiting for OCR already (OCR_QUEUE); send this one again later."
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


class Arrivals:
    """Counts the requests whose uploads have arrived: each of them may hold one in memory until it is answered.

    Not those that are still on their way, which would let a few slow clients keep everybody out.
    """

    def __init__(self, *, most: int) -> None:
        """Take the limit."""
        self._most = most
        self._taken = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for one request.

        Raises:
            Overloaded: There is none.
        """
        if self._taken >= self._most:
            raise Overloaded(f"{self._most} requests are under way already (MAX_REQUESTS); send this one again later.")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


@contextmanager
def shared(place: OcrPlace) -> Iterator[OcrPlace]:
    """One place for all files of a batch, taken when the first of them needs it and held until the batch ends."""
    with ExitStack() as held:
        taken = False

        @contextmanager
        def take() -> Iterator[None]:
            nonlocal taken
            if not taken:
                held.enter_context(place())
                taken = True
            yield

        yield take


class Drain:
    """Lets running work finish once the process is asked to end, and refuses new work."""

    def __init__(self) -> None:
        """Nothing runs, and work is welcome."""
        self._scopes: set[anyio.CancelScope] = set()
        self._begun = False
        self._idle = anyio.Event()

    @property
    def begun(self) -> bool:
        """Whether the process is about to end."""
        return self._begun

    @property
    def running(self) -> int:
        """Pieces of work under way."""
        return len(self._scopes)

    def begin(self) -> None:
        """Refuse new work from now on."""
        self._begun = True
        self._note_idle()

    def _end(self, scope: anyio.CancelScope) -> None:
        self._scopes.discard(scope)
        self._note_idle()

    def _note_idle(self) -> None:
        if self._begun and not self._scopes:
            self._idle.set()

    async def finished(self, limit_s: float) -> None:
        """Wait until nothing runs; what still does after `limit_s` is cancelled."""
        with anyio.move_on_after(limit_s):
            await self._idle.wait()
        for scope in self._scopes:
            scope.cancel()
        await self._idle.wait()

    @contextmanager
    def work(self) -> Iterator[None]:
        """One piece of work.

        Raises:
            Draining: The process is about to end, or ended while this ran.
        """
        if self._begun:
            raise Draining("This instance is shutting down; send the request again.")
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._end(scope)
        if scope.cancelled_caught:
            raise Draining("This instance was shut down before the document was read; send the request again.")


async def while_connected(request: Request, work: Callable[[], Awaitable[Result]]) -> Result:
    """The result of `work`, which is cancelled when the client goes away. The request's body must have been read.

    Raises:
        ClientGone: It went away.
        Exception: As `work` does.
    """
    outcome: list[Result | Exception] = []

    async def watch(scope: anyio.CancelScope) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(watch, group.cancel_scope)
        try:
            outcome.append(await work())
        except Exception as exc:  # noqa: BLE001 - kept for outside, where it is raised as it is: the group would wrap it
            outcome.append(exc)
        group.cancel_scope.cancel()
    if not outcome:
        raise ClientGone
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
