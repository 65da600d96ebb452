"""Short lines are filled up by little, and again to the width that the bundled recognizer was trained with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lib.document import PageImage
from lib.pipelines.ocr import PaddleEngine, load_engines
from lib.pipelines.ocr.recognizer import LatinRecognizer
from lib.settings import load_settings
from scripts.samples.fonts import Face, sized

pytestmark = pytest.mark.xdist_group("ocr")


class Watched:
    """Runs a recognizer's model as ever, and notes the widths of what it is given."""

    def __init__(self, recognizer: LatinRecognizer) -> None:
        self.widths: list[int] = []
        self._run = recognizer._run

    def __call__(self, x: Sequence[Any]) -> Any:  # noqa: ANN401 - PaddleX has no types
        """Run the model."""
        self.widths.append(x[0].shape[-1])
        return self._run(x=x)


@pytest.fixture(scope="module")
def engine() -> PaddleEngine:
    """One that reads English."""
    return load_engines(load_settings({"OCR_ENGINE": "onnxruntime"}).ocr)[0]


@pytest.fixture
def watched(engine: PaddleEngine, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """What its exact recognizer runs."""
    recognizer = engine._recognizers["exact"]
    assert isinstance(recognizer, LatinRecognizer)
    watch = Watched(recognizer)
    monkeypatch.setattr(recognizer, "_run", watch)
    return watch


def strip(text: str, *, width: int = 0, font: Face = "sans") -> PageImage:
    """A line of print, 48 pixels high, as wide as its text or as it is said to be."""
    letters = sized(font, 32)
    image = Image.new("RGB", (width or int(letters.getlength(text)) + 12, 48), "white")
    ImageDraw.Draw(image).text((6, 4), text, font=letters, fill="black")
    return np.asarray(image)


@pytest.mark.parametrize(
    ("width", "filled_up"), [(130, 192), (160, 192), (161, 224), (256, 288), (257, 320), (320, 320), (500, 500)]
)
def test_line_is_filled_up_by_32_pixels_in_steps_of_32_or_to_320(
    engine: PaddleEngine, watched: Watched, width: int, filled_up: int
) -> None:
    """Whichever is less, so that lines come in few widths."""
    (reading,) = engine.read_strips([strip("Total", width=width)])

    assert reading.text == "Total"
    assert watched.widths == [filled_up]


@pytest.mark.parametrize("shape", [(1, 1), (500, 1), (48, 1)])
def test_narrowest_lines_are_96_pixels_wide(engine: PaddleEngine, watched: Watched, shape: tuple[int, int]) -> None:
    """Less is too little to read, whatever it is a picture of."""
    engine.read_strips([np.full((*shape, 3), 255, np.uint8)])

    assert watched.widths[0] == 96


def test_short_line_that_is_read_unsurely_is_read_again_in_320_pixels(engine: PaddleEngine, watched: Watched) -> None:
    """And stays as it is read then: filled up by little, the x of this one is a capital letter."""
    readings = engine.read_strips([strip("TOTAL 18.36"), strip("x 2.40", font="mono"), strip("Total")])

    assert [reading.text for reading in readings] == ["TOTAL 18.36", "x 2.40", "Total"]
    assert watched.widths == [256, 160, 128, 320]
