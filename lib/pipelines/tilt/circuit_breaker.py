"""A circuit breaker: after failures in a row nobody waits for what is down.

In: the outcome of each call. Out: a state, and a refusal while it is open. Closed: every call goes through. Open:
none does, for a while. Half open, after that: one call may try; its success closes the breaker, its failure opens it
again. One event loop's own: it takes no lock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

BreakerState: TypeAlias = Literal["closed", "half_open", "open"]


class BreakerOpen(Exception):
    """The call was not made.

    Attributes:
        retry_after_s: Seconds until one may be tried.
    """

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"The breaker is open for another {retry_after_s:.1f} s.")
        self.retry_after_s = retry_after_s


class CircuitBreaker:
    """Counts failures in a row and decides who may call."""

    def __init__(self, *, failures: int, reset_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start closed.

        Args:
            failures: In a row, that open it.
            reset_s: Seconds that it stays open before a call may try.
            clock: Seconds that only grow.
        """
        self._limit = failures
        self._reset_s = reset_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> BreakerState:
        """What happens to a call that comes now."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self.retry_after_s <= 0 else "open"

    @property
    def retry_after_s(self) -> float:
        """Seconds until a call may try, never negative."""
        return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self._reset_s - self._clock())

    def check(self) -> None:
        """Refuse a call that comes now if it has to be.

        Raises:
            BreakerOpen: It is open, or half open with a call at the trial already.
        """
        state = self.state
        if state == "open" or (state == "half_open" and self._trying):
            raise BreakerOpen(self.retry_after_s)

    @contextmanager
    def guard(
        self, *, failed_by: tuple[type[Exception], ...], undecided_by: tuple[type[Exception], ...]
    ) -> Iterator[None]:
        """Make a call inside of this block.

        Args:
            failed_by: What counts as a failure; any other exception says that the other side is there.
            undecided_by: What says nothing about the other side, as a cancellation does.

        Raises:
            BreakerOpen: As `check`; the block is not entered.
        """
        self.check()
        trial = self.state == "half_open"
        self._trying = self._trying or trial
        try:
            yield
        except failed_by:
            self._failed(trial=trial)
            raise
        except undecided_by:
            raise
        except Exception:
            self._succeeded()
            raise
        else:
            self._succeeded()
        finally:
            self._trying = self._trying and not trial

    def _succeeded(self) -> None:
        self._failures = 0
        self._opened_at = None

    def _failed(self, *, trial: bool) -> None:
        self._failures += 1
        if trial or (self._opened_at is None and self._failures >= self._limit):
            self._opened_at = self._clock()
