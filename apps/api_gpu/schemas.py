"""The public JSON: what clients see, with examples. Field order is the order on the wire.

In: the nouns of lib/document.py. Out: pydantic models. Amounts are JSON numbers in their shortest form, never strings.
"""

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from lib import document
from lib.document import Extraction


def _shortest(amount: Decimal) -> int | float:
    """12.10 as 12.1 and 22000.00 as 22000: the shortest number that JSON has for it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


Amount = Annotated[Decimal, PlainSerializer(_shortest), WithJsonSchema({"type": "number"})]


class _Public(BaseModel):
    model_config = ConfigDict(frozen=True)


def _example(body: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


class Data(_Public):
    """The six fields; null where the document does not state one, or where it cannot be told."""

    merchant: str | None
    date: datetime.date | None
    currency: str | None
    subtotal: Amount | None
    tax_amount: Amount | None
    total: Amount | None


class Meta(_Public):
    """How the answer came about."""

    request_id: str
    model_version: str
    ruleset_version: str
    reader: str
    source: Literal["xml", "text_layer", "ocr", "mixed"]
    pages: int
    degraded: bool
    cached: bool
    warnings: list[str]
    timings_ms: dict[str, float]


class FieldDetail(_Public):
    """One field with where it comes from."""

    value: str | datetime.date | Amount | None
    text: str | None
    confidence: float
    page_no: int | None
    bbox: list[float] | None
    problem: str | None


class OcrSpan(_Public):
    """A line of text on a page."""

    text: str
    bbox: list[float]
    confidence: float


class OcrPage(_Public):
    """A page of the OCR document; boxes are [x0, y0, x1, y1] in its pixels, origin top left.

    `rotation`: degrees clockwise by which the page was turned to stand upright; width, height and boxes are those of
    the turned page.
    """

    page_no: int
    width: int
    height: int
    rotation: Literal[0, 90, 180, 270]
    source: Literal["text_layer", "ocr"]
    spans: list[OcrSpan]


class OcrDocument(_Public):
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
        "model_version": "layout-1",
        "ruleset_version": "2026.11.22",
        "reader": "layout",
        "source": "ocr",
        "pages": 1,
        "degraded": False,
        "cached": False,
        "warnings": [],
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


class ExtractResponse(_Public):
    """The answer to POST /v1/extract; `fields` and `ocr` only where they were asked for."""

    model_config = _example(EXAMPLE)

    data: Data
    meta: Meta
    fields: dict[str, FieldDetail] | None = None
    ocr: OcrDocument | None = None


class BatchItem(_Public):
    """The result of one file: `data` and `meta`, or `problem`."""

    index: int
    filename: str | None
    data: Data | None = None
    meta: Meta | None = None
    fields: dict[str, FieldDetail] | None = None
    ocr: OcrDocument | None = None
    problem: "ProblemBody | None" = None


class BatchMeta(_Public):
    """How a batch ended."""

    request_id: str
    files: int
    succeeded: int
    failed: int


class BatchResponse(_Public):
    """The answer to POST /v1/extract-batch: one result for each file, in their order."""

    model_config = _example(
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


JobStatus = Literal["queued", "started", "finished", "failed", "cancelled"]


class JobFiles(_Public):
    """How many files of a job are how far."""

    total: int
    done: int
    succeeded: int
    failed: int
    cancelled: int


class JobPages(_Public):
    """Pages of the files that were opened so far."""

    done: int
    total: int


class JobProgress(_Public):
    """How far a job is."""

    job_id: str
    status: JobStatus
    queue: str
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    files: JobFiles
    pages: JobPages
    callback: Literal["waiting", "pending", "delivered", "failed"] | None


class JobFile(_Public):
    """One file of a job: `data` and `meta`, or `problem`, once it is done."""

    index: int
    filename: str | None
    status: JobStatus
    data: Data | None = None
    meta: Meta | None = None
    fields: dict[str, FieldDetail] | None = None
    ocr: OcrDocument | None = None
    problem: "ProblemBody | None" = None


class JobResponse(JobProgress):
    """A job: how far it is, and each of its files, in their order."""

    model_config = _example(
        {
            "job_id": "8a6c5f0e2b6f4f4f9d1f3c7f5f3f7a10",
            "status": "started",
            "queue": "default",
            "created_at": "2026-11-22T09:30:00.120000Z",
            "started_at": "2026-11-22T09:30:00.250000Z",
            "ended_at": None,
            "expires_at": None,
            "files": {"total": 3, "done": 2, "succeeded": 1, "failed": 1, "cancelled": 0},
            "pages": {"done": 1, "total": 3},
            "callback": None,
            "results": [
                {"index": 0, "filename": "receipt-usd.jpg", "status": "finished", **EXAMPLE},
                {"index": 1, "filename": "notes.txt", "status": "failed", "problem": EXAMPLE_PROBLEM},
                {"index": 2, "filename": "invoice.pdf", "status": "started"},
            ],
        }
    )

    results: list[JobFile]


class ProblemBody(_Public):
    """An error answer (RFC 9457)."""

    model_config = _example(EXAMPLE_PROBLEM)

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str


class OcrHealth(_Public):
    """The OCR engines."""

    engine: str
    lang: str
    langs: list[str]
    engines: int
    busy: int
    waiting: int


class TiltState(_Public):
    """The TILT server, as it was a few seconds ago."""

    reachable: bool
    model: str | None
    latency_ms: float | None
    breaker: Literal["closed", "half_open", "open"]
    problem: str | None


class QueueState(_Public):
    """The queue of jobs, as it was a few seconds ago; null where it does not answer."""

    reachable: bool
    waiting: int | None
    running: int | None
    oldest_s: float | None
    workers: int | None
    stuck: int | None


class Readiness(_Public):
    """Whether work sent here would be done."""

    model_config = _example({"ready": True, "draining": False, "last_success_age_s": 3.2})

    ready: bool
    draining: bool
    last_success_age_s: float | None


class Health(_Public):
    """The state of the service; always answered with 200."""

    model_config = _example(
        {
            "status": "ok",
            "version": "0.1.0",
            "reader": "tilt",
            "model_version": "snowflake-arctic-tilt-v1.3",
            "ocr": {
                "engine": "onnxruntime",
                "lang": "en",
                "langs": ["en", "uk"],
                "engines": 3,
                "busy": 1,
                "waiting": 0,
            },
            "tilt": {
                "reachable": True,
                "model": "Snowflake/snowflake-arctic-tilt-v1.3",
                "latency_ms": 4.2,
                "breaker": "closed",
                "problem": None,
            },
            "jobs": {"reachable": True, "waiting": 0, "running": 1, "oldest_s": 0.0, "workers": 2, "stuck": 0},
        }
    )

    status: Literal["ok", "degraded"]
    version: str
    reader: str
    model_version: str
    ocr: OcrHealth
    tilt: TiltState | None
    jobs: QueueState | None


def present(extraction: Extraction, *, cached: bool, request_id: str, include: frozenset[str]) -> dict[str, Any]:
    """An extraction as the JSON that a client gets, with the parts it asked for."""
    response = ExtractResponse(
        data=Data.model_validate({field.key: field.value for field in extraction.fields}),
        meta=Meta(
            request_id=request_id,
            model_version=extraction.model_version,
            ruleset_version=extraction.ruleset_version,
            reader=extraction.reader,
            source=extraction.source,
            pages=len(extraction.document.pages),
            degraded=extraction.degraded,
            cached=cached,
            warnings=list(extraction.warnings),
            timings_ms=extraction.timings_ms,
        ),
        fields=_details(extraction) if "fields" in include else None,
        ocr=OcrDocument(pages=[_page(page) for page in extraction.document.pages]) if "ocr" in include else None,
    )
    return response.model_dump(mode="json", exclude={"fields", "ocr"} - include)


def _details(extraction: Extraction) -> dict[str, FieldDetail]:
    """The six fields, then what was asked beyond them."""
    return {field.key: _detail(field) for field in (*extraction.fields, *extraction.extras)}


def _detail(field: document.Field) -> FieldDetail:
    return FieldDetail(
        value=field.value,
        text=field.raw,
        confidence=round(field.confidence, 3),
        page_no=None if field.page_index is None else field.page_index + 1,
        bbox=None if field.bbox is None else _rounded(field.bbox),
        problem=field.problem,
    )


def _page(page: document.Page) -> OcrPage:
    spans = [OcrSpan(text=s.text, bbox=_rounded(s.bbox), confidence=round(s.confidence, 3)) for s in page.spans]
    return OcrPage(
        page_no=page.page_index + 1,
        width=page.width,
        height=page.height,
        rotation=page.rotation,
        source=page.source,
        spans=spans,
    )


def _rounded(bbox: document.BBox) -> list[float]:
    return [round(value, 1) for value in bbox.as_list()]
