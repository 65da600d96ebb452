"""lib/pipelines/long_documents.py: what many words take can be ended, and never holds every process."""

import os
import time
from collections.abc import AsyncIterator
from functools import partial

import anyio
import psutil
import pytest

from lib.document import BBox, Page, Span, Word
from lib.fair_queue import Owner, on_behalf_of
from lib.pipelines.long_documents import (
    MOST_CHARACTERS,
    MOST_WORDS,
    bare,
    compute_apart,
    compute_words,
    is_long,
    long_queue,
)
from lib.pipelines.tilt_prep import assemble, words_of
from lib.pipelines.worker_process import most_processes
from lib.telemetry import RequestContext, request_context

pytestmark = pytest.mark.anyio

BOX = BBox(0, 0, 10, 10)
FEW = (Page(0, 100, 100, "ocr", words=(Word("one", BOX),)),)
MANY = (Page(0, 100, 100, "ocr", words=(Word("one", BOX),) * (MOST_WORDS + 1)),)


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - for the fixture to be used
    """Keeps the module's event loop, and so its worker processes, from test to test."""
    yield  # noqa: PT022 - returning would end the loop


def _span(text: str) -> Span:
    return Span(text, BOX.as_polygon(), 1.0)


@pytest.mark.parametrize(
    ("pages", "long"),
    [
        pytest.param((), False, id="no page"),
        pytest.param(FEW, False, id="a word"),
        pytest.param(MANY, True, id="many words"),
        pytest.param((Page(0, 9, 9, "ocr", words=(Word("a" * (MOST_CHARACTERS + 1), BOX),)),), True, id="a long word"),
        pytest.param((Page(0, 9, 9, "ocr", spans=(_span("a " * MOST_WORDS),)),), True, id="a long line"),
        pytest.param((Page(0, 9, 9, "ocr", spans=(_span("a b"),) * MOST_WORDS),), True, id="many lines"),
    ],
)
def test_document_is_long_by_its_words_or_its_letters(pages: tuple[Page, ...], long: bool) -> None:
    """As spans that are not divided yet, and as words."""
    assert is_long(pages) is long


async def test_few_words_are_read_here_and_many_apart() -> None:
    """Only what takes a moment may be read where it cannot be ended."""
    assert await compute_words(FEW, os.getpid) == os.getpid()
    assert await compute_words(MANY, os.getpid) != os.getpid()


async def test_words_made_apart_are_those_made_here() -> None:
    """Without pixels, which need not travel."""
    pages = (Page(0, 100, 100, "ocr", spans=(_span("Total 1.00"), _span("Tax"))),)

    assert await compute_apart(words_of, bare(pages)) == (assemble(pages).pages[0].words,)


async def test_process_is_ended_with_the_request() -> None:
    """Nobody works on for a client that has gone."""
    at_work: list[int] = []

    async def sleep() -> None:
        with request_context(RequestContext(deadline=time.monotonic() + 1)), anyio.move_on_after(1):
            await compute_apart(time.sleep, 60)

    async with anyio.create_task_group() as group:
        group.start_soon(sleep)
        await anyio.sleep(0.9)
        at_work += [child.pid for child in psutil.Process().children()]
    await anyio.sleep(0.2)

    left = {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}
    assert set(at_work) - left


@pytest.mark.skipif(most_processes() < 2, reason="one process is all there is on one processor")
async def test_long_documents_leave_a_process_to_others() -> None:
    """A short one is not kept waiting by as many long ones as there are processes."""
    held = 0

    async def hold(stop: anyio.Event) -> None:
        nonlocal held
        async with long_queue().place():
            held += 1
            await stop.wait()

    stop = anyio.Event()
    async with anyio.create_task_group() as group:
        for _ in range(most_processes()):
            group.start_soon(partial(hold, stop))
        await anyio.wait_all_tasks_blocked()
        at_once = held
        stop.set()

    assert at_once == most_processes() - 1


async def test_long_document_of_another_owner_does_not_wait_for_all_of_one() -> None:
    """There is a place for a guest, however many one owner holds or waits for."""
    begun: list[str] = []

    async def hold(owner: str, stop: anyio.Event) -> None:
        with on_behalf_of(Owner(owner)):
            async with long_queue().place():
                begun.append(owner)
                await stop.wait()

    stop = anyio.Event()
    async with anyio.create_task_group() as group:
        for _ in range(most_processes() + 1):
            group.start_soon(hold, "one", stop)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(hold, "another", stop)
        await anyio.wait_all_tasks_blocked()
        at_once = list(begun)
        stop.set()

    assert at_once == ["one"] * max(1, most_processes() - 1) + ["another"]
