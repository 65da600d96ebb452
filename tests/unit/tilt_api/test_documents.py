"""What is refused before the engine sees it, and what becomes of a page's image."""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from PIL import Image

from apps.tilt_api import documents
from apps.tilt_api.documents import WHITE_SIZE, refuse_excess, scan
from apps.tilt_api.engine import BadRequest, DocumentRefused, Engine, Limits, ScannedPage
from lib.pipelines.tilt.protocol import TiltPage, TiltQuestion

LIMITS = Limits(
    document_tokens=1000,
    question_tokens=10,
    output_tokens=512,
    pages=6,
    image_width=768,
    context_tokens=4096,
)
QUESTION = TiltQuestion(key="total", text="What is the total?")


class Counter:
    """An engine that counts one token a word and does nothing else."""

    limits = LIMITS

    def count_tokens(self, words: Sequence[str]) -> int:
        """One each; a word of question marks is unknown to it."""
        return sum(word != "?" for word in words)

    def count_question_tokens(self, question: str) -> int:
        """One a word."""
        return len(question.split())


COUNTER = cast("Engine", Counter())


def encoded(image: Image.Image, file_format: str = "PNG") -> str:
    """The image as the wire carries it."""
    file = io.BytesIO()
    image.save(file, file_format)
    return base64.b64encode(file.getvalue()).decode()


def page(*words: str, width: float = 100, height: float = 200, image: str | None = None) -> TiltPage:
    """A page of words."""
    ocr = {"width": width, "height": height, "words": [{"text": word, "bbox": (0, 0, 1, 1)} for word in words]}
    return TiltPage.model_validate({"ocr": ocr, "image": image})


def scanned(words: int, *, unknown: bool = False) -> ScannedPage:
    """A page with so many words."""
    (one,) = scan([page("a")], limits=LIMITS)
    return replace(one, words=("?" if unknown else "a",) * words, boxes=one.boxes * words)


def test_page_without_an_image_gets_the_white_one() -> None:
    """The model has no way to be asked without an image."""
    (only,) = scan([page("a")], limits=LIMITS)

    assert (only.image.size, only.image.mode) == (WHITE_SIZE, "L")
    assert only.image.getextrema() == (255, 255)


def test_blank_words_are_left_out_with_their_boxes() -> None:
    """Words and boxes stay of one length, and a page may end up empty."""
    first, second = scan([page("a", " ", "b"), page("\t")], limits=LIMITS)

    assert (first.words, len(first.boxes)) == (("a", "b"), 2)
    assert (second.words, second.boxes) == ((), ())


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_png_of_any_mode_is_read_as_gray(mode: str) -> None:
    """The model's scale of gray holds for mode L; a dark pixel is dark whatever the file's mode."""
    (only,) = scan([page("a", image=encoded(Image.new(mode, (100, 200), 0)))], limits=LIMITS)

    assert (only.image.mode, only.image.size) == ("L", (100, 200))
    assert only.image.getpixel((5, 5)) == 0


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_png_is_read_as_if_on_paper(mode: str) -> None:
    """What shows through a page is white."""
    (only,) = scan([page("a", image=encoded(Image.new(mode, (100, 200), 0)))], limits=LIMITS)  # Nothing is opaque.

    assert (only.image.mode, only.image.getextrema()) == ("L", (255, 255))


def test_jpeg_of_a_press_is_read_as_gray() -> None:
    """CMYK, as scanners of print shops write it."""
    (only,) = scan([page("a", image=encoded(Image.new("CMYK", (100, 200)), "JPEG"))], limits=LIMITS)

    assert only.image.mode == "L"


def test_image_far_wider_than_the_model_looks_is_reduced() -> None:
    """Memory of a page is bounded; more than the model's own width remains."""
    (only,) = scan([page("a", image=encoded(Image.new("L", (3200, 6400))))], limits=LIMITS)

    assert only.image.size == (1600, 3200)


@pytest.mark.parametrize(
    ("image", "complaint"),
    [
        pytest.param(encoded(Image.new("L", (200, 200))), "not the shape", id="other-shape"),
        pytest.param(encoded(Image.new("I;16", (100, 200), 40_000)), "16 bits", id="sixteen-bits"),
        pytest.param(encoded(Image.new("L", (100, 200)))[:80], "cannot be decoded", id="truncated"),
        pytest.param(base64.b64encode(b"\xff\xd8\xff" + b"0" * 64).decode(), "cannot be decoded", id="no-jpeg"),
    ],
)
def test_image_that_is_none_of_its_page_is_refused(image: str, complaint: str) -> None:
    """The message names the page."""
    with pytest.raises(BadRequest, match=f"page 2.*{complaint}"):
        scan([page("a"), page("a", image=image)], limits=LIMITS)


def test_image_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    """A small file may claim a huge page."""
    bomb = encoded(Image.new("1", (6400, 12800)))

    with pytest.raises(BadRequest, match="more than 80000000 pixels"):
        scan([page("a", image=bomb)], limits=LIMITS)


def test_images_with_too_many_pixels_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What all pages take in memory is bounded too."""
    monkeypatch.setattr(documents, "MAX_DOCUMENT_PIXELS", 30_000)
    two = [page("a", image=encoded(Image.new("L", (100, 200)))) for _ in range(2)]

    with pytest.raises(DocumentRefused, match="together"):
        scan(two, limits=LIMITS)


def test_page_beyond_the_model_limit_is_refused() -> None:
    """One page more would end the engine."""
    with pytest.raises(DocumentRefused, match=r"has 7 pages; the model takes 6"):
        scan([page("a")] * 7, limits=LIMITS)


@pytest.mark.parametrize(
    ("pages", "complaint"),
    [
        pytest.param([scanned(990)], r"has 990 tokens; the model takes 989", id="one-page-too-long"),
        pytest.param([scanned(495), scanned(495)], r"has 990 tokens; the model takes 988", id="together-too-long"),
        pytest.param([scanned(3, unknown=True)], "no word that the model knows", id="unknown-words"),
        pytest.param([scanned(0), scanned(0)], "no word that the model knows", id="no-words"),
    ],
)
def test_document_beyond_the_model_is_refused(pages: list[ScannedPage], complaint: str) -> None:
    """Nothing is cut off in silence, and nothing reaches the preprocessor that it fails on."""
    with pytest.raises(DocumentRefused, match=complaint):
        refuse_excess(pages, [QUESTION], engine=COUNTER)


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([scanned(989)], id="as-long-as-may-be"),
        pytest.param([scanned(1), scanned(0), scanned(1)], id="empty-page-between"),
        pytest.param([scanned(60)] * 6, id="dense-pages"),
    ],
)
def test_document_within_the_limits_passes(pages: list[ScannedPage]) -> None:
    """The limits are no tighter than they say."""
    refuse_excess(pages, [QUESTION], engine=COUNTER)


def test_long_question_is_refused_by_its_key() -> None:
    """The key is the client's own; the text may be long."""
    questions: list[Any] = [QUESTION, TiltQuestion(key="wordy", text="why " * 11)]

    with pytest.raises(BadRequest, match="'wordy' has more than 10 tokens"):
        refuse_excess([scanned(3)], questions, engine=COUNTER)
