"""The end of a request's time, as an error.

In: the deadline of the request that runs. Out: `DeadlineExceeded` where a block goes on for longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from lib.errors import DeadlineExceeded
from lib.telemetry import current_request


@contextmanager
def within_deadline() -> Iterator[None]:
    """End the block when the request's deadline passes.

    Raises:
        DeadlineExceeded: It passed.
    """
    remaining_s = current_request().remaining_s
    try:
        with anyio.fail_after(None if remaining_s == float("inf") else remaining_s):
            yield
    except TimeoutError as exc:
        raise DeadlineExceeded(
            "The request's deadline passed; send fewer pages, or raise REQUEST_TIMEOUT_S on the server."
        ) from exc
