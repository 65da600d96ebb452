"""How many documents are let in."""

import asyncio

import pytest

from apps.tilt_api.admission import Gate
from apps.tilt_api.engine import Busy


@pytest.mark.anyio
async def test_gate_with_all_places_taken_lets_the_next_one_wait() -> None:
    """As many work as there are places; the next one starts when one ends."""
    gate = Gate(places=1, queue=1)
    seen = []

    async def work() -> None:
        with gate.admission():
            async with gate.place():
                seen.append(gate.working)
                await asyncio.sleep(0)

    await asyncio.gather(work(), work())

    assert seen == [1, 1]
    assert (gate.admitted, gate.working) == (0, 0)


def test_gate_with_a_full_queue_refuses_and_recovers() -> None:
    """The refusal holds for as long as nobody leaves."""
    gate = Gate(places=1, queue=0)

    with gate.admission(), pytest.raises(Busy, match="1 documents"), gate.admission():
        pytest.fail("The second one was let in.")
    with gate.admission():
        assert gate.admitted == 1


@pytest.mark.anyio
async def test_gate_after_a_waiting_client_gave_up_has_its_place_free() -> None:
    """A cancelled wait holds nothing."""
    gate = Gate(places=1, queue=1)
    async with gate.place():
        waiting = asyncio.create_task(_pass_through(gate))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    await asyncio.wait_for(_pass_through(gate), timeout=1)

    assert gate.admitted == 0


async def _pass_through(gate: Gate) -> None:
    with gate.admission():
        async with gate.place():
            pass
