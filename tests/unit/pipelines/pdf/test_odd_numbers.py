"""lib/pipelines/pdf: whatever numbers a page draws with, it is read or refused."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from lib.errors import UploadError
from lib.pipelines.pdf.document import PageLimits
from lib.pipelines.pdf.outline import read_outline
from lib.pipelines.pdf.rendering import Region, render_region
from tests.pdf_writer import A4, PdfWriter, place_image, show

LIMITS = PageLimits(max_pages=20, max_pixels=80_000_000, render_dpi=60)
NUMBERS = (0, 1, -1, 0.001, 1e-9, 1e9, -1e7, 1e38, 300, 600)
TEXTS = ("Total 12.50", "a b c d e", "I N V O I C E", "x" * 200, "\xad-\xa0z")
PIECES = 8


def odd_page(seed: int) -> bytes:
    """A page of text, images and forms at places, in sizes and turned by numbers that no producer means."""
    chance = random.Random(seed)  # noqa: S311 - a test

    def numbers(count: int) -> list[float]:
        return [chance.choice((*NUMBERS, chance.uniform(-900, 900))) for _ in range(count)]

    def piece() -> bytes:
        place = b"q %f %f %f %f %f %f cm " % tuple(numbers(6))
        x, y, size = numbers(3)
        turned = " ".join(map(str, numbers(4))) if chance.random() < 0.4 else ""
        text = show(chance.choice(TEXTS), x, y, size=size, mode=chance.choice((0, 0, 3, 7)), turned=turned)
        return chance.choice((place + b"/Im Do Q ", place + b"/Fm Do Q ", place + text + b" Q ", text, text))

    writer = PdfWriter()
    image = writer.image(1, 1, b"\0\0\0")
    drawn = place_image("Im", 5, 5, 90, 40) + show("in a form", 10, 10)
    form = writer.form(drawn, bbox=(0, 0, 600, 800), resources=b"/XObject << /Im %d 0 R >>" % image)
    content = b"".join(piece() for _ in range(PIECES))
    media_box = A4 if seed % 3 else numbers(4)
    writer.page(content, media_box=media_box, rotate=90 * (seed % 4), xobjects={"Im": image, "Fm": form})
    return writer.save()


@pytest.mark.filterwarnings("error")
def test_page_of_odd_numbers_is_read_or_refused(tmp_path: Path) -> None:
    """What is at infinity, without size or of no number at all is nowhere, and ends no process."""
    path, target, read = tmp_path / "odd.pdf", tmp_path / "pixels", 0
    for seed in range(120):
        path.write_bytes(odd_page(seed))
        with suppress(UploadError):
            (outlined,) = read_outline(str(path), LIMITS).pages
            read += 1
            for box in outlined.page.pictures:
                render_region(str(path), str(target), Region(0, outlined.turned, box), LIMITS)

    assert read > 60
