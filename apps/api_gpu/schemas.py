"""The public JSON of documents and errors: what clients see, with examples. Field order is the order on the wire.

In: nothing. Out: pydantic models, which presentation.py fills in. The JSON of `details` is in details_schemas.py, that
of jobs in job_schemas.py, that of the service's state in health_schemas.py.
"""

import datetime
from typing import Annotated, Any

from pydantic import Field

from apps.api_gpu.details_schemas import DetailsBody
from apps.api_gpu.schema_parts import Amount, FieldDetail, Public, example
from lib.document import DocumentSource, PageSource, Rotation


class Data(Public):
    """The six fields; null where the document does not state one, or where it cannot be told."""

    merchant: str | None
    date: datetime.date | None
    currency: str | None
    subtotal: Amount | None
    tax_amount: Amount | None
    total: Amount | None


ReaderName = Annotated[str, Field(json_schema_extra={"enum": ["layout", "tilt", "llm", "einvoice"]})]
"""Who answered: embedded, the TILT server, a general model, or the XML inside of the file."""


class Review(Public):
    """Whether somebody should look at the answer before it is used, and why."""

    needed: bool
    reasons: list[str]


class UnreadablePage(Public):
    """A scanned page in a script that the server has no letters for.

    `scripts`: those that it may be in; `install`: the Debian packages that read them, in the same order.
    """

    page_no: int
    scripts: list[str]
    install: list[str]


class Meta(Public):
    """How the answer came about; `unreadable` only where `unreadable_script` is among the warnings."""

    request_id: str
    model_version: str
    ruleset_version: str
    reader: ReaderName
    source: DocumentSource
    pages: int
    degraded: bool
    cached: bool
    warnings: list[str]
    review: Review
    timings_ms: dict[str, float]
    unreadable: list[UnreadablePage] | None = None


class OcrSpan(Public):
    """A line of text on a page."""

    text: str
    bbox: list[float]
    confidence: float


class OcrPage(Public):
    """A page of the OCR document; boxes are [x0, y0, x1, y1] in its pixels, origin top left.

    `rotation`: degrees clockwise by which the page was turned to stand upright; width, height and boxes are those of
    the turned page.
    """

    page_no: int
    width: int
    height: int
    rotation: Rotation
    source: PageSource
    spans: list[OcrSpan]


class OcrDocument(Public):
    """Everything that was read."""

    pages: list[OcrPage]


EXAMPLE: dict[str, Any] = {
    "data": {
        "merchant": "Harbor Street Coffee",
        "date": "2026-03-14",
        "currency": "USD",
        "subtotal": 11.2,
        "tax_amount": 0.9,
        "total": 12.1,
    },
    "meta": {
        "request_id": "6f9f1c0b9d5a4c1e8f5f0f4c7f0c6a55",
        "model_version": "layout-3",
        "ruleset_version": "2026.12.01",
        "reader": "layout",
        "source": "ocr",
        "pages": 1,
        "degraded": False,
        "cached": False,
        "warnings": [],
        "review": {"needed": False, "reasons": []},
        "timings_ms": {
            "triage": 0.4,
            "render": 9.8,
            "ocr": 512.0,
            "reader": 6.1,
            "rules": 0.5,
            "total": 529.3,
        },
    },
}


EXAMPLE_PROBLEM: dict[str, Any] = {
    "type": "urn:ocrlty:problem:unsupported_media_type",
    "title": "Unsupported Media Type",
    "status": 415,
    "detail": "The file's content looks like text/plain; accepted are application/pdf, image/jpeg, image/png"
    " (ALLOWED_CONTENT_TYPES). Its name and declared type do not matter.",
    "code": "unsupported_media_type",
    "request_id": "6f9f1c0b9d5a4c1e8f5f0f4c7f0c6a55",
}


class ExtractResponse(Public):
    """The answer to POST /v1/extract; `fields`, `details` and `ocr` only where they were asked for."""

    model_config = example(EXAMPLE)

    data: Data
    meta: Meta
    fields: dict[str, FieldDetail] | None = None
    details: DetailsBody | None = None
    ocr: OcrDocument | None = None


class BatchItem(Public):
    """The result of one file: `data` and `meta`, or `problem`."""

    index: int
    filename: str | None
    data: Data | None = None
    meta: Meta | None = None
    fields: dict[str, FieldDetail] | None = None
    details: DetailsBody | None = None
    ocr: OcrDocument | None = None
    problem: "ProblemBody | None" = None


class BatchMeta(Public):
    """How a batch ended."""

    request_id: str
    files: int
    succeeded: int
    failed: int


class BatchResponse(Public):
    """The answer to POST /v1/extract-batch: one result for each file, in their order."""

    model_config = example(
        {
            "results": [
                {"index": 0, "filename": "receipt-usd.jpg", **EXAMPLE},
                {"index": 1, "filename": "notes.txt", "problem": EXAMPLE_PROBLEM},
            ],
            "meta": {"request_id": EXAMPLE["meta"]["request_id"], "files": 2, "succeeded": 1, "failed": 1},
        }
    )

    results: list[BatchItem]
    meta: BatchMeta


class ProblemBody(Public):
    """An error answer (RFC 9457)."""

    model_config = example(EXAMPLE_PROBLEM)

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
