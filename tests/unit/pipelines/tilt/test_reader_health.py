"""Reachable means that a question was answered."""

import anyio
import pytest

from lib.errors import TiltError, TiltProtocolError, TiltTimeout, TiltUnavailable
from lib.pipelines.tilt.circuit_breaker import CircuitBreaker
from lib.pipelines.tilt.health import ReaderHealth

pytestmark = pytest.mark.anyio


class Server:
    """Lists a model and answers questions, or fails at either; counts the questions."""

    def __init__(self) -> None:
        self.asked = 0
        self.listing: Exception | None = None
        self.answering: Exception | None = None
        self.answer_takes_s = 0.0

    async def list_model(self) -> str:
        """The model's name."""
        if self.listing:
            raise self.listing
        return "some-model"

    async def ask(self) -> None:
        """One question."""
        self.asked += 1
        await anyio.sleep(self.answer_takes_s)
        if self.answering:
            raise self.answering

    def health(self, *, ask_timeout_s: float = 5) -> ReaderHealth:
        """What is tested."""
        return ReaderHealth(
            list_model=self.list_model,
            ask=self.ask,
            breaker=CircuitBreaker(failures=3, reset_s=10),
            list_timeout_s=5,
            ask_timeout_s=ask_timeout_s,
        )


async def test_check_asks_one_question_at_the_start_and_none_at_the_next_looks() -> None:
    """A look every few seconds costs the model nothing."""
    server = Server()
    health = server.health()

    seen = [await health.check() for _ in range(3)]

    assert [look.reachable for look in seen] == [True, True, True]
    assert seen[-1].model == "some-model"
    assert server.asked == 1


@pytest.mark.parametrize("failure", [TiltProtocolError("404"), TiltUnavailable("503"), TiltTimeout("late")])
async def test_check_of_a_server_that_lists_models_and_answers_nothing_is_unreachable(failure: TiltError) -> None:
    """Listing models proves nothing; the cause is told in a sentence; every look asks until one is answered."""
    server = Server()
    server.answering = failure
    health = server.health()

    seen = [await health.check() for _ in range(2)]
    server.answering = None
    afterwards = await health.check()

    assert [(look.reachable, look.problem, look.detail) for look in seen] == [(False, failure.code, str(failure))] * 2
    assert afterwards.reachable
    assert server.asked == 3


async def test_check_after_a_document_that_failed_asks_again() -> None:
    """A server that answered once may be wedged since; only another answer proves the contrary."""
    server = Server()
    health = server.health()
    await health.check()
    with pytest.raises(TiltTimeout), health.noting():
        raise TiltTimeout("late")
    server.answering = TiltTimeout("late")

    failing = await health.check()
    server.answering = None
    mended = await health.check()

    assert (failing.reachable, failing.problem, mended.reachable) == (False, "tilt_timeout", True)
    assert server.asked == 3


async def test_check_after_a_document_that_was_answered_asks_nothing() -> None:
    """A document is as good a proof as the tiny question."""
    server = Server()
    health = server.health()
    with health.noting():
        pass

    assert (await health.check()).reachable
    assert server.asked == 0


async def test_document_that_ends_for_reasons_of_its_own_leaves_the_proof_alone() -> None:
    """A defect or a deadline says nothing about the server."""
    server = Server()
    health = server.health()
    await health.check()
    with pytest.raises(ValueError, match="ours"), health.noting():
        raise ValueError("ours")

    await health.check()

    assert server.asked == 1


async def test_check_after_the_server_was_gone_asks_again() -> None:
    """What listens there now may be another process, or another kind of server."""
    server = Server()
    health = server.health()
    await health.check()
    server.listing = TiltUnavailable("gone")
    gone = await health.check()
    server.listing = None

    assert not gone.reachable
    assert (await health.check()).reachable
    assert server.asked == 2


async def test_check_does_not_wait_long_for_an_answer() -> None:
    """A server that takes the question and keeps it is as good as gone."""
    server = Server()
    server.answer_takes_s = 60

    seen = await server.health(ask_timeout_s=0.01).check()

    assert (seen.reachable, seen.problem) == (False, "tilt_timeout")
    assert "0.01 s" in (seen.detail or "")
