"""Pages as pictures, and PDFs as scans of themselves."""

import numpy as np
import pytest

from lib.evaluation.page_images import as_scan, page_views
from lib.pipelines.pages import open_upload
from lib.settings import Settings
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
