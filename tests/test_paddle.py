"""Smoke test of PaddleOCR as the service runs it; also a script that prints each line with its confidence.

python tests/test_paddle.py tests/test_ocr.png en
"""

import sys
from pathlib import Path

import cv2
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.document import Span
from lib.pipelines.ocr import load_engines
from lib.settings import load_settings

PICTURE = Path(__file__).parent / "test_ocr.png"

RECEIPT = (
    (36, "NORTHWIND BOOKS"),
    (24, "12 Harbour Street, Dublin"),
    (24, "Date: 2025-03-14   Receipt 00481"),
    (26, "Notebook A5, ruled            9.90"),
    (26, "Fountain pen                 25.00"),
    (26, "Subtotal                     34.90"),
    (26, "VAT 23%                       8.03"),
    (34, "TOTAL EUR             42.93"),
    (22, "Thank you for your visit"),
)
"""The lines of the picture: size in pixels, text; spaces in a row push the rest to the right margin."""


def draw_receipt() -> Image.Image:
    """Draw tests/test_ocr.png: 640 x 620 pixels, black on white, in the font that Pillow carries."""
    image = Image.new("L", (640, 620), 255)
    draw = ImageDraw.Draw(image)
    y = 30
    for size, text in RECEIPT:
        font = ImageFont.load_default(size)
        left, _, right = text.partition("   ")
        draw.text((40, y), left, fill=0, font=font)
        draw.text((600, y), right.strip(), fill=0, font=font, anchor="ra")
        y += size + 34
    return image


def read(picture: Path, lang: str) -> tuple[Span, ...]:
    """Read the picture with the configured engine, through PaddleOCR's predict()."""
    (engine,) = load_engines(load_settings().ocr.model_copy(update={"lang": lang}))
    return engine.recognize(cv2.imread(str(picture))).spans


def test_picture_in_repository_is_the_drawn_receipt() -> None:
    """The committed picture is our own drawing, small, and differs from it by no more than a renderer's smoothing."""
    with Image.open(PICTURE) as image:
        difference = ImageChops.difference(image, draw_receipt())

    assert ImageStat.Stat(difference).mean[0] < 1.0
    assert PICTURE.stat().st_size < 60_000


def test_predict_of_receipt_reads_its_lines() -> None:
    """PaddleOCR finds the merchant, the date and every amount of the picture."""
    text = " ".join(span.text for span in read(PICTURE, "en"))

    for part in ("NORTHWIND BOOKS", "2025-03-14", "9.90", "25.00", "34.90", "8.03", "TOTAL EUR", "42.93"):
        assert part in text


def main(arguments: list[str]) -> int:
    """Print the lines of a picture; the exit code for the shell."""
    if len(arguments) != 2:
        sys.stderr.write("Usage: python tests/test_paddle.py PICTURE LANG\n")
        return 2
    for span in read(Path(arguments[0]), arguments[1]):
        sys.stdout.write(f"{span.confidence:.3f}  {span.text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
