"""Who reads the next page: pages of one document side by side while engines are idle, one at a time when others wait.

In: pages, and how one is read. Out: the pages read, in order. Knows no stage.
"""

from collections.abc import Awaitable, Callable, Sequence

import anyio

from lib.document import Page


class PageTurns:
    """Counts the pages that are being read, over all documents.

    A document always has one page under way, and further ones only while fewer pages are than can be read at the same
    time. So a document of one page that comes while a long one is read waits for one page of it, not for all.
    """

    def __init__(self, at_once: int) -> None:
        """Take the number of pages that can be read at the same time."""
        self._at_once = at_once
        self._under_way = 0

    async def read(
        self,
        pages: Sequence[Page],
        read: Callable[[Page], Awaitable[Page]],
        *,
        on_read: Callable[[], None] = lambda: None,
    ) -> list[Page]:
        """Read the pages of a document.

        Args:
            pages: In any order, which the result keeps.
            read: Reads one.
            on_read: Called after each.

        Raises:
            Exception: What the first page to fail raised; the others are cancelled.
        """
        done: dict[int, Page] = {}
        failures: list[Exception] = []
        mine, page_ended = 0, anyio.Event()

        async def one(place: int) -> None:
            nonlocal mine
            try:
                done[place] = await read(pages[place])
                on_read()
            except Exception as exc:  # noqa: BLE001 - raised below as it is: the group would wrap it
                failures.append(exc)
                group.cancel_scope.cancel()
            finally:
                mine -= 1
                self._under_way -= 1
                page_ended.set()

        async with anyio.create_task_group() as group:
            for place in range(len(pages)):
                while mine and self._under_way >= self._at_once:
                    page_ended = anyio.Event()
                    await page_ended.wait()
                mine += 1
                self._under_way += 1
                group.start_soon(one, place)
        if failures:
            raise failures[0]
        return [done[place] for place in range(len(pages))]
