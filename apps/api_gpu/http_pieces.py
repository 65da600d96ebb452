"""The pieces in which a request comes, a few of each connection at a time.

In: the bytes of connections. Out: h11's events, in slices; between two slices of a connection the others have their
turn, so that one that sends its body byte by byte keeps nobody else waiting. For `http_protocol.py`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from weakref import WeakKeyDictionary

import h11
from uvicorn.protocols.http.flow_control import FlowControl

MOST_HEAD_BYTES = 64 * 1024
"""Unless uvicorn is told otherwise (--h11-max-incomplete-event-size)."""

MOST_PIECES, LEAST_MEAN_BYTES = 1_000, 64
"""From so many pieces of a body on, their mean must be so many bytes. h11 takes 20 µs for a piece, whatever its size;
HTTP clients send pieces of 1 kB and more."""

SLICE_EVENTS = 32
"""Of one connection before the others have their turn: as many as a read of an honest upload has, 1 ms at most."""

TURN_S = 0.001
"""That all connections with further slices may take of one turn of the event loop."""

REASONS = {
    HTTPStatus.BAD_REQUEST: "What was sent is not an HTTP/1.1 request.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request's head is too long.",
    HTTPStatus.NOT_IMPLEMENTED: "The request's Transfer-Encoding is none that is read here; send it chunked.",
}
"""In words, by what h11 hints at."""


class PiecedConnection(h11.Connection):
    """h11's state machine for one connection, a slice of events at a time.

    Attributes:
        cut_short: Whether the slice ended before the bytes did.
        status: Of the refusal, once a RemoteProtocolError was raised.
        reason: Of the refusal.
    """

    def __init__(self, most_head_bytes: int | None = None) -> None:
        """Take the bytes that a head may have."""
        super().__init__(h11.SERVER, most_head_bytes or MOST_HEAD_BYTES)
        self.cut_short = False
        self.status = HTTPStatus.BAD_REQUEST
        self.reason = REASONS[self.status]
        self._left = SLICE_EVENTS
        self._pieces = self._bytes = 0

    def begin_slice(self) -> None:
        """Let so many further events be taken."""
        self._left, self.cut_short = SLICE_EVENTS, False

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """As h11's; NEED_DATA also where the slice has ended.

        Raises:
            RemoteProtocolError: It is not HTTP, or a body in crumbs; `status` and `reason` say what.
        """
        if not self._left:
            self.cut_short = True
            return h11.NEED_DATA
        self._left -= 1
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as exc:
            hint = HTTPStatus(exc.error_status_hint)
            self.status = hint if hint in REASONS else HTTPStatus.BAD_REQUEST
            self.reason = REASONS[self.status]
            raise
        self._count(event)
        return event

    def _count(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._bytes += len(event.data)
            if self._pieces > MOST_PIECES and self._bytes < LEAST_MEAN_BYTES * self._pieces:
                self.reason = f"The body comes in pieces of less than {LEAST_MEAN_BYTES} bytes; send larger chunks."
                raise h11.RemoteProtocolError(self.reason)


class HeldFlow(FlowControl):
    """uvicorn's flow control, which does not go on reading while what was read has not had its turn.

    Attributes:
        held: Whether it has not.
    """

    held = False

    def resume_reading(self) -> None:
        """Read on, if what was read before has been looked at."""
        if not self.held:
            super().resume_reading()


class Turns:
    """Further slices of all connections, one after the other, a little of them in each turn of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing waits."""
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._scheduled = False

    def add(self, slice_: Callable[[], None]) -> None:
        """Have a connection's next slice taken, after those that wait already."""
        self._waiting.append(slice_)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        end = time.perf_counter() + TURN_S
        while self._waiting and time.perf_counter() < end:
            self._waiting.popleft()()
        self._scheduled = bool(self._waiting)
        if self._scheduled:
            self._loop.call_soon(self._run)


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """Those of an event loop."""
    return _turns.setdefault(loop, Turns(loop))
