"""When the breaker lets calls through."""

import pytest

from lib.pipelines.tilt.circuit_breaker import BreakerOpen, CircuitBreaker


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    """Opens at the third failure, for ten seconds."""
    return CircuitBreaker(failures=3, reset_s=10, clock=clock)


def call(breaker: CircuitBreaker, outcome: BaseException | None = None) -> None:
    """One call that ends so; OSError is a failure, LookupError says nothing."""
    with breaker.guard(failed_by=(OSError,), undecided_by=(LookupError,)):
        if outcome is not None:
            raise outcome


def state_of(breaker: CircuitBreaker) -> str:
    """Its state, asked anew."""
    return breaker.state


def fail(breaker: CircuitBreaker, times: int) -> None:
    """So many failures in a row."""
    for _ in range(times):
        with pytest.raises(OSError, match="down"):
            call(breaker, OSError("down"))


def test_breaker_opens_at_the_last_failure_in_a_row(breaker: CircuitBreaker) -> None:
    """Two failures are none too many, the third is."""
    fail(breaker, 2)
    assert state_of(breaker) == "closed"

    fail(breaker, 1)

    assert state_of(breaker) == "open"
    with pytest.raises(BreakerOpen) as caught:
        call(breaker)
    assert caught.value.retry_after_s == 10


@pytest.mark.parametrize("outcome", [None, ValueError("nonsense")], ids=["success", "other-error"])
def test_breaker_forgets_failures_when_the_other_side_is_there(
    breaker: CircuitBreaker, outcome: Exception | None
) -> None:
    """An answer, even a wrong one, says that the server is up."""
    fail(breaker, 2)
    if outcome is None:
        call(breaker)
    else:
        with pytest.raises(ValueError, match="nonsense"):
            call(breaker, outcome)

    fail(breaker, 2)

    assert state_of(breaker) == "closed"


@pytest.mark.parametrize("outcome", [LookupError("late"), KeyboardInterrupt()], ids=["undecided", "cancelled"])
def test_breaker_learns_nothing_from_a_call_that_was_given_up(
    breaker: CircuitBreaker, outcome: BaseException, clock: Clock
) -> None:
    """A client's deadline is no failure of the server, and leaves a trial open for the next call."""
    fail(breaker, 3)
    clock.now += 10
    with pytest.raises(type(outcome)):
        call(breaker, outcome)

    assert state_of(breaker) == "half_open"
    breaker.check()


def test_breaker_half_open_lets_one_call_try_at_a_time(breaker: CircuitBreaker, clock: Clock) -> None:
    """The others are refused at once while the trial runs."""
    fail(breaker, 3)
    clock.now += 10
    assert state_of(breaker) == "half_open"

    with breaker.guard(failed_by=(), undecided_by=()), pytest.raises(BreakerOpen):
        breaker.check()

    assert state_of(breaker) == "closed"


def test_breaker_opens_again_when_the_trial_fails(breaker: CircuitBreaker, clock: Clock) -> None:
    """One failure is enough, and the time starts anew."""
    fail(breaker, 3)
    clock.now += 12

    fail(breaker, 1)

    assert state_of(breaker) == "open"
    assert breaker.retry_after_s == 10


def test_breaker_is_not_held_open_by_calls_from_before(breaker: CircuitBreaker, clock: Clock) -> None:
    """Calls that were on their way when it opened do not extend its time."""

    def late() -> None:
        with breaker.guard(failed_by=(OSError,), undecided_by=()):
            fail(breaker, 3)
            clock.now += 4
            raise OSError("late")

    with pytest.raises(OSError, match="late"):
        late()

    assert breaker.retry_after_s == 6
