"""Documents and requests that every TILT server is asked with."""

import base64
import io
from typing import Any

from PIL import Image

from lib.document import BBox, OcrDocument, Page, Span
from lib.pipelines.tilt.chat_protocol import SYSTEM_PROMPT
from lib.pipelines.tilt_prep import assemble
from lib.questions import load_questions

QUESTIONS = [{"key": question.key, "text": question.text} for question in load_questions()]
LINES = [
    "Northern Lights Ltd",
    "Harbour Road 5",
    "Invoice date: 2026-03-14",
    "Net amount EUR 100.00",
    "VAT 19% EUR 19.00",
    "Total EUR 119.00",
]


def page(index: int = 0, lines: list[str] | None = None) -> Page:
    """A page of text."""
    texts = LINES if lines is None else lines
    spans = [
        Span(text, BBox(80, 80 + 40 * i, 80 + 11 * len(text), 104 + 40 * i).as_polygon(), 1.0)
        for i, text in enumerate(texts)
    ]
    height = max(1400, 120 + 40 * len(texts))
    return Page(page_index=index, width=1000, height=height, source="ocr", spans=tuple(spans))


DOCUMENT = assemble([page()])


def ocr(document: OcrDocument) -> list[dict[str, Any]]:
    """The pages as the wire has them."""
    return [
        {
            "width": page.width,
            "height": page.height,
            "words": [{"text": word.text, "bbox": word.bbox.as_list()} for word in page.words],
        }
        for page in document.pages
    ]


def tilt_body(document: OcrDocument = DOCUMENT, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A request of the extended form, with members replaced."""
    return {"questions": QUESTIONS, "pages": [{"ocr": page} for page in ocr(document)]} | changes


def chat_body(document: OcrDocument = DOCUMENT, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A request of the chat protocol, with members replaced."""
    part = {"type": "input_ocr_document", "document": {"pages": ocr(document)}}
    messages = [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": [part]}]
    return {"messages": messages} | changes


def image(file_format: str, mode: str = "L") -> str:
    """A white page as base64."""
    file = io.BytesIO()
    Image.new(mode, (500, 700), "white").save(file, file_format)
    return base64.b64encode(file.getvalue()).decode()
