"""The images of a step: what a prompt brings, and who has to wait."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tilt_api.step_images import Load, Step, StepImages, load_of
from tests.fake_fork.vllm.engine.async_llm_engine import CONFIG
from tests.fake_fork.vllm.tilt.scheduler import Request, Scheduler, chunks_of

STEP = Step.of(CONFIG, tokens=4096, chunks=8)
A4 = (768, 1086)
RECEIPT = (300, 3000)


def test_step_reserves_what_the_profiling_run_has() -> None:
    """Four full chunks of four images of full height."""
    assert (STEP.chunks, STEP.rows) == (4, 16 * 2048)


@pytest.mark.parametrize(
    ("pages", "load"),
    [
        pytest.param([(10, A4)] * 8, Load(8, 1088), id="sparse"),
        pytest.param([(10, A4), (0, RECEIPT), (10, A4)], Load(2, 1088), id="empty-page"),
        pytest.param([(0, A4)], Load(0, 0), id="nothing"),
        pytest.param([(10, A4), (10, RECEIPT)], Load(2, 2048), id="tallest"),
        pytest.param([(1004, A4)] * 8, Load(4, 1088), id="page-a-chunk"),
        pytest.param([(1005, A4)], Load(2, 1088), id="page-in-two-chunks"),
        pytest.param([(9000, A4)], Load(4, 1088), id="page-in-many-steps"),
    ],
)
def test_load_is_that_of_the_fullest_step(pages: list[tuple[int, tuple[int, int]]], load: Load) -> None:
    """A page counts once a chunk, an empty one never."""
    assert load_of(pages, question_tokens=20, step=STEP) == load


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12), st.integers(1, 255))
def test_no_step_of_the_scheduler_has_more_images_than_the_load(tokens: list[int], question: int) -> None:
    """Whatever the pages, held against the stand-in's own scheduler."""
    prompt = {
        "encoder_prefix_prompt": {"tokens": question},
        "encoder_prompt": {"pages": [(count, 1086) for count in tokens]},
    }
    scheduler = Scheduler(max_num_seqs=16, max_num_batched_encoder_tokens=4096, max_chunks_in_batch=8)
    request = Request("a", prompt, None, chunks_of(prompt, length=CONFIG.chunk_length))
    scheduler.add(request)
    load = load_of([(count, A4) for count in tokens], question_tokens=question, step=STEP)

    while request.chunks:
        chunks, _ = scheduler.schedule()
        assert sum(len(chunk.images) for chunk in chunks) <= load.images


@pytest.mark.anyio
async def test_prompts_wait_for_their_images_in_order() -> None:
    """All images of a step are as tall as the tallest: the receipt waits, and who comes later waits behind it."""
    images = StepImages(rows=10_000)
    inside: list[str] = []
    leave = {name: asyncio.Event() for name in ("pages", "receipt", "late")}

    async def come(name: str, load: Load) -> None:
        async with images.place(load):
            inside.append(name)
            await leave[name].wait()

    tasks = [
        asyncio.create_task(come(name, load))
        for name, load in (("pages", Load(5, 1088)), ("receipt", Load(1, 2048)), ("late", Load(1, 1088)))
    ]
    await asyncio.sleep(0.01)
    first = list(inside)
    leave["pages"].set()
    await asyncio.sleep(0.01)
    for event in leave.values():
        event.set()
    await asyncio.gather(*tasks)

    assert first == ["pages"]
    assert inside == ["pages", "receipt", "late"]


@pytest.mark.anyio
async def test_prompt_that_is_given_up_while_it_waits_leaves_its_turn() -> None:
    """A client that leaves holds nobody up, whether its turn has come or not."""
    images = StepImages(rows=2048)
    one = Load(1, 2048)

    async def come() -> None:
        async with images.place(one):
            await asyncio.sleep(60)

    tasks = [asyncio.create_task(come()) for _ in range(3)]
    await asyncio.sleep(0.01)
    for task in tasks:  # Each cancellation admits the next one, which is cancelled before it runs.
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    async with asyncio.timeout(1), images.place(one):
        pass
