"""lib/pipelines/images/parts.py: files made of very many parts are not begun, others pass."""

import time

import pytest
from PIL import Image

from lib.errors import UnreadableDocument
from lib.pipelines.images.decoding import read_sizes
from lib.pipelines.images.parts import MOST_PARTS, MOST_SCANS, refuse_many_parts
from tests.corpus.case import sample
from tests.corpus.image_files import behind_start, chunk, encoded, pixels, png, progressive_jpeg, segment

JPEG, PNG = "image/jpeg", "image/png"
PICTURE = encoded(Image.new("RGB", (16, 16)), "JPEG")


@pytest.mark.parametrize(
    ("content", "content_type", "what"),
    [
        pytest.param(png(chunk(b"aaAa") * MOST_PARTS, pixels()), PNG, "chunks", id="chunks before the pixels"),
        pytest.param(png(pixels(), chunk(b"aaAa") * MOST_PARTS), PNG, "chunks", id="chunks behind the pixels"),
        pytest.param(behind_start(PICTURE, [b"\xff" * MOST_PARTS * 2]), JPEG, "segments", id="filling"),
        pytest.param(behind_start(PICTURE, [b"\xff\x01" * MOST_PARTS * 2]), JPEG, "segments", id="bare markers"),
        pytest.param(progressive_jpeg(64, scans=MOST_SCANS), JPEG, "scans", id="scans"),
        pytest.param(behind_start(PICTURE, [segment(0xFE)] * MOST_PARTS * 2), JPEG, "segments", id="segments"),
    ],
)
def test_image_of_very_many_parts_is_refused_at_once(content: bytes, content_type: str, what: str) -> None:
    """The message says of what there are too many; no decoder has seen the file."""
    start = time.process_time()

    with pytest.raises(UnreadableDocument, match=f"more than .* {what}"):
        read_sizes(content, content_type, most=1)

    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        pytest.param(PICTURE, JPEG, id="baseline JPEG"),
        pytest.param(encoded(Image.new("RGB", (64, 64)), "JPEG", progressive=True), JPEG, id="progressive JPEG"),
        pytest.param(progressive_jpeg(64, scans=MOST_SCANS - 1), JPEG, id="as many scans as may be"),
        pytest.param(behind_start(PICTURE, [segment(0xE1, PICTURE * 50)]), JPEG, id="thumbnails with scans"),
        pytest.param(sample("receipt-photo-exif.jpg"), JPEG, id="photo"),
        pytest.param(sample("invoice-eur-es.png"), PNG, id="PNG"),
        pytest.param(png(chunk(b"IDAT") * (MOST_PARTS - 10), pixels()), PNG, id="as many chunks as may be"),
        pytest.param(b"%PDF-1.7" + b"\xff\xda" * 500, "application/pdf", id="no image at all"),
    ],
)
def test_image_as_programs_write_it_passes(content: bytes, content_type: str) -> None:
    """What counts is the file's own structure, not what its metadata hold."""
    refuse_many_parts(content, content_type)


@pytest.mark.parametrize("length", range(14))
def test_start_of_an_image_passes(length: int) -> None:
    """A file that ends within its first parts is the decoder's to refuse."""
    refuse_many_parts(PICTURE[:length], JPEG)
    refuse_many_parts(png(pixels())[:length], PNG)
