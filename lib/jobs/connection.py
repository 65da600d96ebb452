"""Redis, reached in two tempers: the API gives up soon, a worker waits until Redis is back.

In: REDIS_URL. Out: clients, and `QueueUnavailable` for everything that Redis raises.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, TimeoutError  # noqa: A004 - redis' own
from redis.retry import Retry

from lib.errors import QueueUnavailable

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 5.0

PATIENT_RETRIES = 40
PATIENT_WAIT_S = 2.0
"""A worker outlasts a restart of Redis of over a minute with the file it has read still in hand."""


def connect(url: str) -> Redis:
    """A client that fails within seconds, and asks twice before it does: an idle connection may be stale."""
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
    )


def connect_patiently(url: str) -> Redis:
    """A client that waits for Redis to come back. What it sends may arrive twice, which every caller allows for."""
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(ExponentialBackoff(cap=PATIENT_WAIT_S, base=0.1), PATIENT_RETRIES),
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError],
    )


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Translate what Redis raises.

    Raises:
        QueueUnavailable: It cannot be reached, or refuses.
    """
    try:
        yield
    except RedisError as exc:
        raise QueueUnavailable(
            f"The queue does not work: Redis (REDIS_URL) answered with {type(exc).__name__}. Try again later."
        ) from exc
