"""The lines of one page, read by as many threads as stand idle.

In: strips, and whoever reads some of them. Out: a `Reading` of each. Lines are taken in small groups, the longest
first, so that all who take part end at about the same time, and a helper can leave after any group.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from lib.document import PageImage
from lib.pipelines.ocr.readings import LineSpeed, Reading

GROUP = 4
"""Lines that are taken at once: a twentieth of a second in print."""

Read: TypeAlias = Callable[[Sequence[PageImage]], Sequence[Reading]]


class Helpers(Protocol):
    """Whoever knows which engines stand idle."""

    def call(self, lines: "SharedLines", /) -> None:
        """Have idle engines read some of the lines, if there are any; returns at once."""


class SharedLines:
    """The strips of a page on their way to readings."""

    def __init__(self, strips: Sequence[PageImage], *, group: int = GROUP, speed: LineSpeed = "exact") -> None:
        """Sort strips into groups of like shape, as a batch is padded to its longest.

        Args:
            strips: (h, w, 3) of any size.
            group: How many are taken at once.
            speed: How whoever takes some of them is to read them.
        """
        self.speed: LineSpeed = speed
        order = sorted(range(len(strips)), key=lambda place: strips[place].shape[1] / strips[place].shape[0])
        self._strips = strips
        self._left = [order[first : first + group] for first in range(0, len(order), group)]
        self._readings = [Reading("", 0.0)] * len(strips)
        self._failure: Exception | None = None
        self._helped = 0
        self._changed = threading.Condition()

    @property
    def groups_left(self) -> int:
        """Groups that nobody has taken yet."""
        return len(self._left)

    def read(self, read: Read, *, before_each: Callable[[], None]) -> list[Reading]:
        """Read groups until none is left, then wait for those of the helpers.

        Args:
            read: What some strips say.
            before_each: Called before each group; what it raises ends the page.

        Raises:
            Exception: What `read`, `before_each` or a helper raised.
        """
        try:
            while group := self._take():
                before_each()
                self._read(group, read)
        finally:
            self._left.clear()
        with self._changed:
            self._changed.wait_for(lambda: not self._helped)
        if self._failure:
            raise self._failure
        return self._readings

    def help(self, read: Read, *, is_wanted: Callable[[], bool]) -> None:
        """Read groups in another thread, until none is left or the helper is wanted elsewhere.

        Args:
            read: What some strips say; what it raises is raised in the page's own thread.
            is_wanted: Asked before each group.
        """
        with self._changed:
            self._helped += 1
        try:
            while not is_wanted() and (group := self._take()):
                self._read(group, read)
        except Exception as exc:  # noqa: BLE001 - the page's own thread raises it
            self._failure = exc
            self._left.clear()
        finally:
            with self._changed:
                self._helped -= 1
                self._changed.notify_all()

    def _take(self) -> list[int]:
        """The next group, of places; none where nothing is left."""
        try:
            return self._left.pop()  # Atomic: no two threads get the same.
        except IndexError:
            return []

    def _read(self, group: Sequence[int], read: Read) -> None:
        for place, reading in zip(group, read([self._strips[place] for place in group]), strict=True):
            self._readings[place] = reading
