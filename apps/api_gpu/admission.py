"""Whose work goes on: clients that go away, and draining. How much there may be of it stands in `places.py`.

In: pieces of work. Out: their results, or `Draining`, `ClientGone`. What is refused is refused at once;
what is admitted is finished or cancelled, never forgotten. The deadline of the work itself stands in the extractor.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
from starlette.requests import Request

from lib.errors import Draining

Result = TypeVar("Result")


class ClientGone(Exception):
    """The client closed the connection; nobody is left to answer."""


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
