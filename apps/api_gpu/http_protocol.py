"""HTTP as uvicorn and h11 read it, bounded in what a connection may cost before there is a request.

In: the bytes of a connection. Out: uvicorn's requests, or a problem body and the end of the connection: for bodies in
crumbs, heads that are too long or never end, bodies that stall. With `http_pieces.py` the only importer of h11.
`uvicorn --http apps.api_gpu.http_protocol:GuardedProtocol` takes it; `guard_server` gives it to a uvicorn that was not
told to.
"""

import asyncio
import json
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11
import uvicorn
from loguru import logger
from starlette.types import Receive
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.h11_impl import H11Protocol

from apps.api_gpu.errors import PROBLEM_JSON, REFUSED_AS_HTTP, Problem
from apps.api_gpu.http_pieces import HeldFlow, PiecedConnection, turns_of
from lib.telemetry import RequestContext, request_context

MOST_HEAD_LINES = 256
"""Of a request's head; browsers and proxies send some 30. h11 parses a head at once, at a few µs a line."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a connection gets.

    Attributes:
        head: From its beginning, or from the first byte of a further request, until the request's head is there.
        stall: Without a byte of a body that is on its way.
        linger: For the rest of a body whose request is answered already.
        goodbye: Between a refusal and the end of the connection: closed at once, a client that still sends would not
            see it.
        check: Between two looks at the clock.
    """

    head: float = 30.0
    stall: float = 30.0
    linger: float = 5.0
    goodbye: float = 1.0
    check: float = 2.5


class GuardedProtocol(H11Protocol):
    """One connection."""

    limits = Limits()
    conn: PiecedConnection
    flow: HeldFlow

    def __init__(self, config: uvicorn.Config, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own, passed on
        """As uvicorn makes its own protocol."""
        super().__init__(config, *args, **kwargs)
        self.conn = PiecedConnection(config.h11_max_incomplete_event_size)
        self._turns = turns_of(self.loop)
        self._refused = False
        self._head_lines = 0
        self._heard = self.loop.time()
        self._head_since: float | None = self._heard
        self._answered = self._heard
        self._check_task: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the clock."""
        super().connection_made(transport)
        self.flow = HeldFlow(transport)
        self._check_task = self.loop.call_later(self.limits.check, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        if self._check_task:
            self._check_task.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; of a refused connection nothing any more."""
        if self._refused:
            return
        self._heard = self.loop.time()
        if self.conn.their_state is h11.IDLE:
            self._head_since = self._head_since or self._heard
            if self._counts_too_many_lines(data):
                self._unset_keepalive_if_required()
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The request has more than {MOST_HEAD_LINES} headers."
                )
                return
        super().data_received(data)

    def _counts_too_many_lines(self, data: bytes) -> bool:
        """Whether a head is longer than any is; what follows its end does not count."""
        end = data.find(b"\r\n\r\n")
        self._head_lines += data.count(b"\n", 0, end if end >= 0 else len(data))
        return self._head_lines > MOST_HEAD_LINES

    def handle_events(self) -> None:
        """Take a slice of the events; the rest has its turn after the other connections'."""
        if self._refused:
            return
        self.conn.begin_slice()
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._head_since, self._head_lines = None, 0
        if self.conn.cut_short and not self._refused:
            self.flow.pause_reading()
            self.flow.held = True
            self._turns.add(self._go_on)

    def _go_on(self) -> None:
        """The next slice, and reading again where it was the last."""
        self.flow.held = False
        if self.transport.is_closing():
            return
        self.handle_events()
        body = len(self.cycle.body) if self.cycle else 0
        if not self.flow.held and not self._refused and body <= HIGH_WATER_LIMIT:
            self.flow.resume_reading()

    def send_400_response(self, _: str) -> None:
        """Answer what is no request with a problem body that says what is wrong."""
        self._refuse(self.conn.status, self.conn.reason)

    def on_response_complete(self) -> None:
        """From now on the rest of the request's body is nobody's."""
        self._answered = self.loop.time()
        super().on_response_complete()

    def _check(self) -> None:
        """End what takes too long."""
        if self.transport.is_closing():
            return
        self._check_task = self.loop.call_later(self.limits.check, self._check)
        now, state = self.loop.time(), self.conn.their_state
        if state is h11.IDLE and self._head_since is not None and now - self._head_since > self.limits.head:
            if self.conn.trailing_data[0]:
                self._refuse(
                    HTTPStatus.REQUEST_TIMEOUT, f"The request's head took more than {self.limits.head:g} seconds."
                )
            else:
                self.transport.close()
        elif state is h11.SEND_BODY and self.cycle.response_complete and now - self._answered > self.limits.linger:
            self.transport.close()
        elif state is h11.SEND_BODY and self._is_stalled(now):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"Nothing of the body came for {self.limits.stall:g} seconds.")

    def _is_stalled(self, now: float) -> bool:
        """Whether it is the client that does not go on, and not this side."""
        waits_for_us = self.flow.read_paused or self.cycle.waiting_for_100_continue or self.cycle.response_complete
        return not waits_for_us and now - self._heard > self.limits.stall

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer with a problem if no answer has begun, tell the application that its client is gone, and hang up."""
        self._refused = self.flow.held = True
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        logger.info("refused before it was read: {} {}", int(status), REFUSED_AS_HTTP[status])
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(self._problem(status, detail))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.pause_reading()  # Whoever floods the connection is not even listened to.
        self.loop.call_later(self.limits.goodbye, self.transport.close)

    def _problem(self, status: HTTPStatus, detail: str) -> bytes:
        request_id = uuid.uuid4().hex
        with request_context(RequestContext(request_id)):
            body = json.dumps(Problem(status, REFUSED_AS_HTTP[status], detail).body()).encode()
        headers = [
            ("Content-Type", PROBLEM_JSON),
            ("Content-Length", str(len(body))),
            ("X-Request-ID", request_id),
            ("Connection", "close"),
        ]
        answer = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        parts = (self.conn.send(event) for event in (answer, h11.Data(data=body), h11.EndOfMessage()))
        return b"".join(part for part in parts if part)


def guard_server(receive: Receive) -> None:
    """Give the protocol to the uvicorn that starts an application, where its command line left the choice to it.

    Args:
        receive: Of the lifespan: a method of the part of uvicorn that has its configuration.
    """
    config = getattr(getattr(receive, "__self__", None), "config", None)
    if not isinstance(config, uvicorn.Config) or issubclass(config.http_protocol_class, GuardedProtocol):
        return
    if config.http == "auto":
        config.http_protocol_class = GuardedProtocol
    else:
        logger.warning(
            "uvicorn was started with another --http than ours: crumbled and unfinished requests are not bounded"
        )
