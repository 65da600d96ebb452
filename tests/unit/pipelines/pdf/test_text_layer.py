"""lib/pipelines/pdf/text_layer.py: which text layers may stand in for OCR."""

import numpy as np
import pytest

from lib.pipelines.pdf.text_layer import Artwork, TextLayer, read_text_layer
from lib.pipelines.pdf.text_lines import Glyphs


def artwork(objects: int, image_share: float, curves: int) -> Artwork:
    """What is drawn on a page."""
    return Artwork(objects, image_share, lambda count: curves >= count)


PAPER = artwork(objects=50, image_share=0, curves=0)


def page_of(words: list[str], *, columns: int = 4, hidden: bool = False, pitch: float = 40) -> Glyphs:
    """Words in rows on a page of 1000 x 1400 pixels, letters 8 x 16."""
    codes, boxes = [], []
    for place, word in enumerate(words):
        row, column = divmod(place, columns)
        for letter, char in enumerate([*word, " "]):
            x, y = 50 + 220 * column + 8 * letter, 40 + pitch * row
            codes.append(ord(char))
            boxes.append((x, y, x + 8, y + 16))
    count = len(codes)
    return Glyphs(
        np.array(codes, np.int32), np.array(boxes, float).reshape(-1, 4), np.zeros(count), np.full(count, hidden)
    )


def is_read(glyphs: Glyphs, artwork: Artwork = PAPER) -> bool:
    """Whether the layer is taken."""
    return read_text_layer(glyphs, artwork, width=1000, height=1400).is_trusted


def scan(share: float = 1.0) -> Artwork:
    """A page with an image on it."""
    return artwork(objects=3, image_share=share, curves=0)


@pytest.mark.parametrize(
    ("glyphs", "artwork", "taken"),
    [
        pytest.param(page_of(["word"] * 120), PAPER, True, id="an invoice"),
        pytest.param(page_of(["word"] * 8), PAPER, True, id="few words and nothing else"),
        pytest.param(page_of(["word"] * 8), artwork(40, 0.05, 60), True, id="few words and a logo"),
        pytest.param(page_of(["word"] * 8), artwork(40, 0, 4000), False, id="few words beside outlined text"),
        pytest.param(page_of(["word"] * 120), artwork(90, 0, 4000), True, id="an invoice with a drawing"),
        pytest.param(page_of(["word"] * 8), scan(0.3), False, id="few words beside a photo"),
        pytest.param(page_of(["word"] * 8), scan(), False, id="a stamp on a scan"),
        pytest.param(page_of(["word"] * 60, columns=10, pitch=16), scan(), False, id="a dense stamp in its corner"),
        pytest.param(page_of(["word"] * 120), scan(), True, id="text on a letterhead image"),
        pytest.param(page_of(["word"] * 120, hidden=True), scan(), False, id="OCR laid over a scan"),
        pytest.param(page_of(["word"] * 12, hidden=True), scan(), False, id="a few words of OCR over a scan"),
        pytest.param(page_of([]), scan(), False, id="a scan"),
        pytest.param(page_of([]), PAPER, False, id="outlines only"),
        pytest.param(page_of([]), artwork(0, 0, 0), True, id="an empty page"),
        pytest.param(page_of(["\ufffd\ufffd\ufffd"] * 120), PAPER, False, id="no character known"),
        pytest.param(page_of(["\ue012\ue013"] * 120), PAPER, False, id="private use"),
        pytest.param(page_of(["\x13\x14A"] * 120), PAPER, False, id="control characters"),
        pytest.param(page_of(["word", "12.50", "\ufffd\ufffd"] * 40), PAPER, False, id="two in eleven unknown"),
        pytest.param(page_of(["\ue012", *["word"] * 9] * 12), PAPER, True, id="icons beside words"),
        pytest.param(page_of(["%&$", "#!", "word"] * 40), PAPER, False, id="words without letters"),
        pytest.param(page_of(["----", "word", "12.50"] * 40), PAPER, True, id="rules of dashes"),
    ],
)
def test_text_layer_is_taken_only_where_it_is_all_of_the_text(glyphs: Glyphs, artwork: Artwork, taken: bool) -> None:
    """OCR is for scans, stamps on scans, garbage and outlines; all else is read as it stands."""
    assert is_read(glyphs, artwork) is taken


def test_text_layer_hidden_words_beside_visible_ones_are_left_out() -> None:
    """Invisible anchors are no part of what the page says."""
    words, anchor = page_of(["word"] * 40), page_of(["{{Sign}}"], hidden=True)
    both = Glyphs(*(np.concatenate([getattr(words, name), getattr(anchor, name)]) for name in Glyphs.__slots__))

    spans = read_text_layer(both, PAPER, width=1000, height=1400).spans

    assert {word.text for span in spans for word in span.words} == {"word"}


def test_text_layer_of_an_empty_page_has_no_spans() -> None:
    """Nothing is drawn, so there is nothing to recognize either."""
    assert read_text_layer(page_of([]), artwork(0, 0, 0), width=1000, height=1400) == TextLayer((), is_trusted=True)


def test_text_layer_that_nobody_sees_is_kept_as_second_best() -> None:
    """Where OCR cannot read the page, what other software read is better than nothing."""
    layer = read_text_layer(page_of(["word"] * 120, hidden=True), scan(), width=1000, height=1400)

    assert not layer.is_trusted
    assert layer.spans


def test_text_layer_of_a_scan_with_a_visible_stamp_is_not_trusted() -> None:
    """A visible header on a scan does not make the hidden words below it any better."""
    visible, hidden = page_of(["word"] * 40), page_of(["word"] * 120, hidden=True)
    both = Glyphs(*(np.concatenate([getattr(visible, name), getattr(hidden, name)]) for name in Glyphs.__slots__))

    assert not is_read(both, scan())
