"""Whose turn it is to have a page read."""

import anyio
import pytest

from lib.document import Page
from lib.errors import OcrError
from lib.pipelines.page_turns import PageTurns

pytestmark = pytest.mark.anyio


class Reading:
    """Reads pages when told to, and remembers what began in which order."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.gates = [anyio.Event() for _ in range(20)]

    async def read(self, page: Page) -> Page:
        """Begin, and wait for the page's gate."""
        self.begun.append(page.page_index)
        await self.gates[page.page_index].wait()
        return page


def pages_of(*numbers: int) -> list[Page]:
    """Pages with these numbers."""
    return [Page(number, 10, 10, "ocr") for number in numbers]


async def settled() -> None:
    """Let every task run until it waits."""
    await anyio.wait_all_tasks_blocked()


async def test_pages_of_one_document_are_read_side_by_side_while_nobody_else_reads() -> None:
    """An idle service gives a document all it has, and no more than that."""
    turns, reading = PageTurns(2), Reading()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.read, pages_of(0, 1, 2, 3), reading.read)
        await settled()

        assert reading.begun == [0, 1]
        for gate in reading.gates:
            gate.set()


async def test_short_document_comes_before_the_next_page_of_a_long_one() -> None:
    """It waits for no more than the pages that are under way."""
    turns, reading = PageTurns(2), Reading()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.read, pages_of(0, 1, 2, 3), reading.read)
        await settled()
        tasks.start_soon(turns.read, pages_of(9), reading.read)
        await settled()
        reading.gates[0].set()
        await settled()

        assert reading.begun == [0, 1, 9]  # Page 2 would be a third one.
        for gate in reading.gates:
            gate.set()


async def test_pages_come_back_in_order_whoever_is_done_first() -> None:
    """The order of a document is that of its pages."""
    turns, reading = PageTurns(3), Reading()
    found: list[Page] = []

    async def read() -> None:
        found.extend(await turns.read(pages_of(0, 1, 2), reading.read))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        for number in (2, 1, 0):
            await settled()
            reading.gates[number].set()

    assert [page.page_index for page in found] == [0, 1, 2]


async def test_page_that_fails_ends_the_document_as_it_failed_and_frees_its_turn() -> None:
    """The error is the page's own, not a group of them; the next document finds everything free."""
    turns, reading = PageTurns(2), Reading()

    async def fail(page: Page) -> Page:
        raise OcrError(f"page {page.page_index}")

    with pytest.raises(OcrError, match="page 0"):
        await turns.read(pages_of(0, 1, 2), fail)

    for gate in reading.gates:
        gate.set()
    assert len(await turns.read(pages_of(0, 1, 2), reading.read)) == 3
    assert reading.begun[:2] == [0, 1]


async def test_cancelled_document_frees_its_turns() -> None:
    """A client that leaves takes no engine with it."""
    turns, reading = PageTurns(2), Reading()

    with anyio.move_on_after(0.01):
        await turns.read(pages_of(0, 1, 2), reading.read)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.read, pages_of(5, 6), reading.read)
        await settled()

        assert reading.begun == [0, 1, 5, 6]
        for gate in reading.gates:
            gate.set()
