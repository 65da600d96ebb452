"""Lines of a page that several threads read."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from lib.document import PageImage
from lib.errors import OcrTooLong
from lib.pipelines.ocr.readings import Reading
from lib.pipelines.ocr.shared_lines import SharedLines

STRIPS = [np.full((10, width, 3), width, np.uint8) for width in (70, 10, 60, 20, 50, 30, 40)]


def width_of(strip: PageImage) -> Reading:
    """What a strip says here: how long it is."""
    return Reading(str(strip.shape[1]), 1.0)


def read(strips: Sequence[PageImage]) -> list[Reading]:
    """Read some strips."""
    return [width_of(strip) for strip in strips]


def nothing() -> None:
    """Before a group."""


def test_lines_read_alone_come_in_their_order() -> None:
    """Groups are of like shape; the readings stand where their strips did."""
    assert SharedLines(STRIPS, group=2).read(read, before_each=nothing) == read(STRIPS)


def test_lines_are_taken_from_the_longest_to_the_shortest() -> None:
    """Who ends last has then had the shortest lines."""
    seen: list[int] = []

    def watched(strips: Sequence[PageImage]) -> list[Reading]:
        seen.extend(strip.shape[1] for strip in strips)
        return read(strips)

    SharedLines(STRIPS, group=1).read(watched, before_each=nothing)

    assert seen == [70, 60, 50, 40, 30, 20, 10]


def test_helper_reads_what_the_page_has_not_begun() -> None:
    """Each line is read once, by one of the two."""
    lines = SharedLines(STRIPS, group=1)
    helped: list[str] = []
    has_helped = threading.Event()

    def helping(strips: Sequence[PageImage]) -> list[Reading]:
        helped.extend(reading.text for reading in read(strips))
        has_helped.set()
        return read(strips)

    helper = threading.Thread(target=lambda: lines.help(helping, is_wanted=lambda: False))
    own: list[str] = []

    def owning(strips: Sequence[PageImage]) -> list[Reading]:
        assert has_helped.wait(20)
        own.extend(reading.text for reading in read(strips))
        return read(strips)

    helper.start()
    readings = lines.read(owning, before_each=nothing)
    helper.join()

    assert readings == read(STRIPS)
    assert sorted(own + helped) == sorted(reading.text for reading in read(STRIPS))


def test_helper_that_is_wanted_elsewhere_leaves_the_rest() -> None:
    """It goes after a group, not after the page."""
    lines = SharedLines(STRIPS, group=2)
    wanted = iter([False, True])

    lines.help(read, is_wanted=lambda: next(wanted))

    assert lines.groups_left == 3
    assert lines.read(read, before_each=nothing) == read(STRIPS)


def test_failure_of_a_helper_is_the_pages() -> None:
    """Nobody gets a page whose lines are missing."""
    lines = SharedLines(STRIPS, group=2)

    def failing(strips: Sequence[PageImage]) -> list[Reading]:
        raise ValueError(len(strips))

    lines.help(failing, is_wanted=lambda: False)

    with pytest.raises(ValueError, match="1"):
        lines.read(read, before_each=nothing)


def test_page_that_has_had_its_time_leaves_nothing_to_its_helpers() -> None:
    """Its groups are gone with it."""
    lines = SharedLines(STRIPS, group=2)

    def too_long() -> None:
        raise OcrTooLong("A page has more text than an engine reads in 30 seconds (OCR_PAGE_TIMEOUT_S).")

    with pytest.raises(OcrTooLong):
        lines.read(read, before_each=too_long)

    assert lines.groups_left == 0
