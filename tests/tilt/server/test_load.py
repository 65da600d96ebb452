"""Many documents at once, some of whose clients leave: the others are answered, and nothing is left behind."""

import random
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from tests.tilt.server.conftest import RunningTilt

pytestmark = pytest.mark.anyio

DOCUMENTS = 200
LEAVING = 30
AT_ONCE = 24
ROUNDS = 4
WORDS = ("Total", "Invoice", "12.30", "VAT", "(20%)", "2025-01-02", "GmbH", "Ünal", "EUR", "#4711", "x")
QUESTIONS = ("What is the total amount ?", "What is the date of the document ?", "Who is the seller ?")
LARGE_PAGES = 20
LARGE_WORDS = 8_000
GROWTH_MB = 150
"""What one round may hold more than the one before it: allocators keep what they once had."""


def page(draw: random.Random, words: int) -> dict[str, Any]:
    """A page of words in rows."""
    placed = [
        {"text": draw.choice(WORDS), "bbox": [x := 20 + 70 * (i % 12), y := 20 + 15 * (i // 12), x + 60, y + 12]}
        for i in range(words)
    ]
    return {"ocr": {"width": 900, "height": draw.choice([600, 1270, 3000]), "words": placed}}


def documents() -> Iterator[dict[str, Any]]:
    """Requests of all kinds; the large one comes early, so that the others come beside it."""
    draw = random.Random(19)  # noqa: S311 - no secret
    for number in range(DOCUMENTS):
        pages = [page(draw, draw.choice([1, 12, 40, 150])) for _ in range(draw.choice([1, 1, 1, 2, 3]))]
        if number == 5:
            pages = [page(draw, LARGE_WORDS // LARGE_PAGES) for _ in range(LARGE_PAGES)]
        asked = QUESTIONS[: draw.choice([1, 2, 3])]
        questions = [{"key": f"q{i}", "text": text} for i, text in enumerate(asked)]
        yield {"pages": pages, "questions": questions, "max_tokens": draw.choice([1, 4, 12])}


async def ask(client: httpx.AsyncClient, body: dict[str, Any], *, leave_after_s: float | None) -> int | None:
    """The status of the answer; None where the client left before it came."""
    with anyio.move_on_after(leave_after_s):
        response = await client.post("/tilt/generate", json=body)
        if response.is_success:
            assert len(response.json()["answers"]) == len(body["questions"])
        return response.status_code
    return None


async def test_load_with_clients_that_leave_answers_all_others(tilt: RunningTilt) -> None:
    """200 documents, 30 of whose clients leave, and one of 20 pages and 8,000 words; memory stays flat."""
    draw = random.Random(5)  # noqa: S311 - no secret
    bodies = list(documents())
    leaving = set(draw.sample([number for number in range(DOCUMENTS) if number != 5], LEAVING))
    started = tilt.process.create_time()
    statuses: dict[int, int | None] = {}
    held = []
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async with tilt.client() as client:

        async def one(number: int) -> None:
            async with limiter:
                wait = draw.uniform(0.02, 1.0) if number in leaving else None
                statuses[number] = await ask(client, bodies[number], leave_after_s=wait)

        for first in range(0, DOCUMENTS, DOCUMENTS // ROUNDS):
            async with anyio.create_task_group() as group:
                for number in range(first, first + DOCUMENTS // ROUNDS):
                    group.start_soon(one, number)
            held.append(tilt.memory_mb())
        gauges = (await client.get(tilt.base_url.removesuffix("/v1") + "/metrics")).text

    assert {number: status for number, status in statuses.items() if status != 200 and number not in leaving} == {}
    assert {statuses[number] for number in leaving} <= {None, 200}
    assert sum(statuses[number] is None for number in leaving) > LEAVING // 2
    assert "ocrlty_tilt_documents_admitted 0.0" in gauges
    assert held[-1] < held[0] + GROWTH_MB, held
    assert tilt.process.is_running()
    assert tilt.process.create_time() == started
