"""Taking a request in: its body within bounds, and the news that its client has left.

In: a Starlette request. Out: bytes, and work that ends when nobody waits for it any more. The framework itself neither
bounds a body nor ends a handler whose client is gone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

from fastapi import HTTPException, Request

from apps.tilt_api.engine import BadRequest, BodyTooLarge
from lib.pipelines.tilt.protocol import MAX_REQUEST_BYTES

BODY_TIMEOUT_S = 30.0
"""A client that sends slower than this would hold a place without using it."""

T = TypeVar("T")


class ClientGone(Exception):
    """Nobody waits for the answer."""


async def read_body(
    request: Request, *, max_bytes: int = MAX_REQUEST_BYTES, timeout_s: float = BODY_TIMEOUT_S
) -> bytes:
    """The whole JSON body.

    Raises:
        HTTPException: 415: it is not declared as JSON.
        BodyTooLarge: It has more than `max_bytes`.
        BadRequest: It did not arrive in time.
        ClientDisconnect: The client left in the middle of it.
    """
    if request.headers.get("content-type", "").split(";", 1)[0].strip().lower() != "application/json":
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type: Only 'application/json' is allowed"
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            return await _collect(request, max_bytes=max_bytes)
    except TimeoutError as exc:
        raise BadRequest(f"The body did not arrive within {timeout_s:g} seconds.") from exc


async def _collect(request: Request, *, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body has more than {max_bytes} bytes; send fewer pages or smaller images.")


async def unless_gone(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """Do the work, or cancel it as soon as the client leaves. Call it when the body has been read.

    Raises:
        ClientGone: It left.
    """
    working = asyncio.ensure_future(work())
    leaving = asyncio.ensure_future(_departure(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _departure(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
