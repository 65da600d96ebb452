"""Redis, reached in two tempers: the API gives up soon, a worker waits until Redis is back.

In: REDIS_URL. Out: clients, and `QueueUnavailable` for everything that Redis raises.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from loguru import logger
from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as Unanswered
from redis.retry import Retry
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from lib.errors import QueueUnavailable

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 5.0

PATIENT_RETRIES = 40
PATIENT_WAIT_S = 2.0
"""A worker outlasts a restart of Redis of over a minute with the file it has read still in hand."""

Result = TypeVar("Result")


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
        retry_on_error=[Disconnected, Unanswered, BusyLoadingError],
    )


def insist(call: Callable[[], Result]) -> Result:
    """Call, and again for as long as a patient client waits, while Redis is there and refuses: its disk is full, say.

    Raises:
        ResponseError: It still does.
        RedisError: It is away.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(ResponseError),
        wait=wait_fixed(PATIENT_WAIT_S),
        stop=stop_after_delay(PATIENT_RETRIES * PATIENT_WAIT_S),
        before_sleep=_say_refusal,
        reraise=True,
    )
    return retrying(call)


def _say_refusal(state: RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome:
        logger.warning("Redis refuses for now: {}", str(state.outcome.exception()).partition(" ")[0])


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
