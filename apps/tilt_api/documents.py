"""From a request to pages that cannot harm the engine: images decoded, limits of the model checked.

In: validated wire models. Out: `ScannedPage`s, or a refusal. CPU work: call it in a thread. The only module of the
TILT server that decodes images.

Why so strict: an exception inside the engine's loop ends it for every client, and what the preprocessor cannot fit it
drops without a word. What the wire models can check they have checked before.
"""

import io
from collections.abc import Sequence

from PIL import Image

from apps.tilt_api.engine import BadRequest, DocumentRefused, Engine, Limits, ScannedPage
from lib.pipelines.tilt.protocol import TiltPage, TiltQuestion

WHITE_SIZE = (768, 1086)
"""Pixels of the white page that stands in where there is no image. Source: the fork's official example."""

MAX_IMAGE_PIXELS = 80_000_000
"""Of one page's image: A4 at 600 dpi has 35 million."""
MAX_DOCUMENT_PIXELS = 500_000_000
"""Of all images together after `_reduce`; one byte each."""
ASPECT_TOLERANCE = 0.02
"""By which an image's height/width may differ from the page's: rounding to whole pixels, no other page."""


def scan(pages: Sequence[TiltPage], *, limits: Limits) -> tuple[ScannedPage, ...]:
    """Decode the images and leave out blank words.

    Raises:
        DocumentRefused: Too many pages or pixels.
        BadRequest: An image that is none of its page.
    """
    if len(pages) > limits.pages:
        raise DocumentRefused(f"The document has {len(pages)} pages; the model takes {limits.pages}. Send fewer.")
    scanned = []
    pixels = 0
    for page_no, page in enumerate(pages, start=1):
        image = _image(page, page_no=page_no, width=limits.image_width)
        pixels += image.width * image.height if page.image else 0
        if pixels > MAX_DOCUMENT_PIXELS:
            raise DocumentRefused(
                f"The images have more than {MAX_DOCUMENT_PIXELS} pixels together; send smaller ones."
            )
        scanned.append(_scanned(page, image))
    return tuple(scanned)


def _scanned(page: TiltPage, image: Image.Image) -> ScannedPage:
    words = [word for word in page.ocr.words if word.text.strip()]
    return ScannedPage(
        words=tuple(word.text for word in words),
        boxes=tuple(word.bbox for word in words),
        width=page.ocr.width,
        height=page.ocr.height,
        image=image,
    )


def _image(page: TiltPage, *, page_no: int, width: int) -> Image.Image:
    content = page.image_bytes
    if content is None:
        return Image.new("L", WHITE_SIZE, 255)
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            _refuse_other_page(image, page, page_no=page_no)
            return _reduce(_gray(image), width=width)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as exc:
        raise BadRequest(f"The image of page {page_no} cannot be decoded.") from exc


def _refuse_other_page(image: Image.Image, page: TiltPage, *, page_no: int) -> None:
    if image.mode.startswith("I"):  # Made 8 bits by cutting off, not by scaling.
        raise BadRequest(f"The image of page {page_no} has 16 bits a pixel; send 8.")
    if image.width * image.height > MAX_IMAGE_PIXELS:
        raise BadRequest(f"The image of page {page_no} has more than {MAX_IMAGE_PIXELS} pixels; send a smaller one.")
    expected = image.width * page.ocr.height / page.ocr.width
    if abs(image.height - expected) > max(2, ASPECT_TOLERANCE * expected):
        raise BadRequest(
            f"The image of page {page_no} is {image.width} x {image.height} pixels, which is not the shape of the "
            f"page's width and height; send the image of exactly that area."
        )


def _gray(image: Image.Image) -> Image.Image:
    """In mode L, on white paper where it is transparent; the model reads other modes on a wrong scale of gray."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L")


def _reduce(image: Image.Image, *, width: int) -> Image.Image:
    """Halve, third ... an image that has more than twice the pixels in a row that the model looks at."""
    factor = image.width // (2 * width)
    return image.reduce(factor) if factor > 1 else image


def refuse_excess(pages: Sequence[ScannedPage], questions: Sequence[TiltQuestion], *, engine: Engine) -> None:
    """Refuse what the preprocessor would cut off or fail on.

    Raises:
        DocumentRefused: Names the limit.
        BadRequest: Names the question that is too long.
    """
    limits = engine.limits
    for question in questions:
        if engine.count_question_tokens(question.text) > limits.question_tokens:
            raise BadRequest(f"The question {question.key!r} has more than {limits.question_tokens} tokens.")
    tokens = [engine.count_tokens(page.words) for page in pages]
    # With room to spare: no limit may be met by the preprocessor first.
    most = limits.document_tokens - limits.question_tokens - len(pages)
    if sum(tokens) > most:
        raise DocumentRefused(f"The document has {sum(tokens)} tokens; the model takes {most}. Send fewer pages.")
    if not any(tokens):
        raise DocumentRefused("The document has no word that the model knows.")
