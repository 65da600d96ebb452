"""At which size a page is searched for its lines."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from lib.document import PageImage
from lib.pipelines.ocr.search_size import search_size, size_by_area


def page(*, letters_px: int, lines: int = 12) -> PageImage:
    """A square page of lines whose capitals are as high as that."""
    image = Image.new("RGB", (960, 960), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=letters_px * 1.4)
    for line in range(lines):
        draw.text((20, 20 + line * letters_px * 2), "TOTAL 123.45 EUR 678", font=font, fill="black")
    return np.asarray(image)


@pytest.mark.parametrize(
    ("width", "height", "longer_side"),
    [
        pytest.param(960, 960, 960, id="square-stays"),
        pytest.param(1654, 2339, 1142, id="a4-at-200-dpi-shrinks"),
        pytest.param(4961, 7016, 1142, id="a4-at-600-dpi-shrinks-to-the-same"),
        pytest.param(700, 2800, 1920, id="long-receipt-keeps-its-width"),
        pytest.param(2800, 700, 1920, id="lying-receipt-too"),
        pytest.param(338, 450, 1108, id="tiny-photo-grows"),
        pytest.param(60, 40, 180, id="snippet-grows-threefold-at-most"),
        pytest.param(30, 30_000, 4000, id="strip-stays-below-the-limit-of-the-library"),
        pytest.param(1, 1, 3, id="pixel"),
    ],
)
def test_size_by_area_follows_area_and_shape(width: int, height: int, longer_side: int) -> None:
    """A page has the number of pixels of a square of 960, within two bounds."""
    assert size_by_area(width, height, side=960) == longer_side


def test_search_size_of_large_letters_is_smaller() -> None:
    """Capitals of 20 pixels are found at 16."""
    assert search_size(page(letters_px=20), side=960) == pytest.approx(960 * 16 / 20, rel=0.06)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(page(letters_px=9), id="small-letters"),
        pytest.param(page(letters_px=40, lines=1), id="too-few-letters-to-tell"),
        pytest.param(np.full((960, 960, 3), 255, np.uint8), id="empty-page"),
        pytest.param(np.random.default_rng(1).integers(0, 255, (960, 960, 3), np.uint8), id="noise"),
    ],
)
def test_search_size_of_a_page_without_large_letters_is_all_that_may_be(image: PageImage) -> None:
    """Time is saved only where it is known that nothing is lost."""
    assert search_size(image, side=960) == 960


def test_search_size_of_huge_letters_has_a_floor() -> None:
    """Small print may stand beside them."""
    assert search_size(page(letters_px=70, lines=6), side=960) == round(960 * 0.7)
