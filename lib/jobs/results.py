"""Outcomes of files as JSON and back: what waits in Redis until a client asks.

In: an `Extraction` or a `Failure`. Out: bytes, and the same again. Presenting it is the API's business, so that a job
answers what /v1/extract answers. Of the document's text only what the client asked for is kept.
"""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from lib.document import AMOUNT_KEYS, DATE_KEYS, BBox, Field, OcrDocument, Page, Polygon, Span
from lib.extraction import Extraction
from lib.jobs.records import Failure, Outcome


def encode(outcome: Outcome, *, with_text: bool) -> bytes:
    """An outcome as JSON.

    Args:
        outcome: What came of a file.
        with_text: Keep the pages' lines, which may be long; words and images are never kept.
    """
    if isinstance(outcome, Failure):
        body: dict[str, Any] = {"failure": asdict(outcome)}
    else:
        body = {"extraction": _extraction(outcome, with_text=with_text)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def decode(text: bytes) -> Outcome:
    """What `encode` was given, as far as it was kept."""
    body = json.loads(text)
    if "failure" in body:
        return Failure(**body["failure"])
    extraction = body["extraction"]
    return Extraction(
        **extraction
        | {
            "fields": tuple(_field_from(field) for field in extraction["fields"]),
            "extras": tuple(_field_from(field) for field in extraction.get("extras", ())),
            "document": OcrDocument(tuple(_page_from(page) for page in extraction["document"])),
            "warnings": tuple(extraction["warnings"]),
        }
    )


def _extraction(extraction: Extraction, *, with_text: bool) -> dict[str, Any]:
    return {
        "fields": [_field(field) for field in extraction.fields],
        "extras": [_field(field) for field in extraction.extras],
        "document": [_page(page, with_text=with_text) for page in extraction.document.pages],
        "reader": extraction.reader,
        "model_version": extraction.model_version,
        "ruleset_version": extraction.ruleset_version,
        "source": extraction.source,
        "degraded": extraction.degraded,
        "warnings": extraction.warnings,
        "timings_ms": extraction.timings_ms,
    }


def _field(field: Field) -> dict[str, Any]:
    value = field.value if field.value is None else str(field.value)
    return asdict(field) | {"value": value, "bbox": field.bbox and field.bbox.as_list()}


def _field_from(body: dict[str, Any]) -> Field:
    bbox = BBox(*body["bbox"]) if body["bbox"] else None
    return Field(**body | {"value": _value(body["key"], body["value"]), "bbox": bbox})


def _value(key: str, text: str | None) -> str | Decimal | date | None:
    if text is None:
        return None
    if key in AMOUNT_KEYS:
        return Decimal(text)
    return date.fromisoformat(text) if key in DATE_KEYS else text


def _page(page: Page, *, with_text: bool) -> dict[str, Any]:
    spans = [[span.text, span.polygon, span.confidence] for span in page.spans] if with_text else []
    return {
        "page_index": page.page_index,
        "width": page.width,
        "height": page.height,
        "source": page.source,
        "rotation": page.rotation,
        "spans": spans,
    }


def _page_from(body: dict[str, Any]) -> Page:
    spans = tuple(Span(text, _polygon(points), confidence) for text, points, confidence in body["spans"])
    return Page(**body | {"spans": spans})


def _polygon(points: list[list[float]]) -> Polygon:
    a, b, c, d = ((x, y) for x, y in points)
    return a, b, c, d
