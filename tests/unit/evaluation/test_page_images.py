"""Pages as pictures, and PDFs as scans of themselves."""

import io

import numpy as np
import pytest
from PIL import Image

from lib.document import BBox, OcrDocument, Page, Rotation
from lib.evaluation.page_images import as_scan, page_views
from lib.pipelines.pages import open_upload
from lib.settings import Settings, load_settings
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "samples"

pytestmark = pytest.mark.anyio


async def test_page_views_of_two_page_pdf_has_both_in_the_pipelines_size(settings: Settings) -> None:
    """Boxes are measured on the same pixels that the picture has."""
    views = await page_views((SAMPLES / "invoice-usd-two-pages.pdf").read_bytes(), settings=settings.upload)

    assert [view.page_index for view in views] == [0, 1]
    assert all(view.image.size == (view.width, view.height) for view in views)


async def test_as_scan_of_pdf_with_text_layer_keeps_the_looks_and_not_the_text(settings: Settings) -> None:
    """Every page of the scan needs OCR, and looks like the page that it is made from."""
    content = (SAMPLES / "invoice-usd-two-pages.pdf").read_bytes()

    scan = await as_scan(content, settings=settings.upload)

    async with open_upload(scan, settings=settings.upload) as opened:
        assert [page.source for page in opened.pages] == ["ocr", "ocr"]
    before, after = (
        await page_views(content, settings=settings.upload),
        await page_views(scan, settings=settings.upload),
    )
    for old, new in zip(before, after, strict=True):
        assert np.allclose(old.image.size, new.image.size, atol=2)
        resized = new.image.resize(old.image.size)
        assert np.abs(np.asarray(old.image, int) - np.asarray(resized, int)).mean() < 6


RED = BBox(40, 30, 120, 60)
"""Where the word is on the upright page."""


def upright() -> Image.Image:
    """A page of 200 x 300 pixels with one red word."""
    page = Image.new("RGB", (200, 300), "white")
    page.paste((255, 0, 0), (int(RED.x0), int(RED.y0), int(RED.x1), int(RED.y1)))
    return page


def turned_scan(*rotations: Rotation) -> bytes:
    """A TIFF whose pages need these turns, clockwise, to stand upright."""
    pages = [upright().rotate(rotation, expand=True) for rotation in rotations]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    return file.getvalue()


async def test_page_views_of_pages_that_ocr_turned_are_turned_likewise() -> None:
    """Each page as its text was read, so that a box that was found there lies on its word."""
    rotations: tuple[Rotation, ...] = (0, 90, 180, 270)
    document = OcrDocument(
        tuple(Page(index, 200, 300, "ocr", rotation=rotation) for index, rotation in enumerate(rotations))
    )
    settings = load_settings({"ALLOWED_CONTENT_TYPES": "image/tiff"}).upload

    views = await page_views(turned_scan(*rotations), settings=settings, document=document)

    assert [(view.page_index, view.width, view.height) for view in views] == [(index, 200, 300) for index in range(4)]
    assert all(np.array_equal(np.asarray(view.image), np.asarray(upright())) for view in views)
