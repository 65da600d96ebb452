"""Outcomes of files as JSON and back: what waits in Redis until a client asks.

In: an `Extraction` or a `Failure`. Out: bytes, and the same again. Presenting it is the API's business, so that a job
answers what /v1/extract answers. Of the document's text only what the client asked for is kept.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

from lib.document import AMOUNT_KEYS, DATE_KEYS, BBox, Field, OcrDocument, Page, Polygon, Span
from lib.extraction import (
    DATE_LEAVES,
    NUMBER_LEAVES,
    Amounts,
    Customer,
    Details,
    Extraction,
    Item,
    Payment,
    References,
    Review,
    Supplier,
    TaxLine,
)
from lib.jobs.records import Failure, Outcome

_GROUPS: Final[Mapping[str, type[Any]]] = {
    "supplier": Supplier,
    "customer": Customer,
    "references": References,
    "payment": Payment,
    "amounts": Amounts,
    "taxes": TaxLine,
    "items": Item,
}
"""What each group of the details is made of, and each row of its lists."""


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
            "details": _details_from(extraction["details"]) if extraction.get("details") else None,
            "document": OcrDocument(tuple(_page_from(page) for page in extraction["document"])),
            "details_by_reader": tuple(extraction.get("details_by_reader", ())),
            "warnings": tuple(extraction["warnings"]),
            "review": Review(tuple(extraction.get("review", ()))),
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
        "review": extraction.review.reasons,
        "timings_ms": extraction.timings_ms,
        "details": extraction.details and _part(extraction.details),
        "details_by_reader": extraction.details_by_reader,
    }


def _part(part: object) -> Any:  # noqa: ANN401 - JSON of any shape
    """A leaf, a group of them, or rows of those; leaves that are None are left out."""
    if isinstance(part, Field):
        return _field(part)
    if isinstance(part, tuple):
        return [_part(each) for each in part]
    held = {each.name: getattr(part, each.name) for each in fields(part)}  # type: ignore[arg-type]  # A dataclass.
    return {name: _part(each) for name, each in held.items() if each is not None}


def _details_from(body: Mapping[str, Any]) -> Details:
    parts = {name: _part_from(_GROUPS[name], each) for name, each in body.items() if name in _GROUPS}
    return Details(**parts | {name: _leaf_from(each) for name, each in body.items() if name not in _GROUPS})


def _part_from(kind: type[Any], body: Any) -> Any:  # noqa: ANN401 - a group, or a tuple of rows
    if isinstance(body, list):
        return tuple(_part_from(kind, row) for row in body)
    return kind(**{name: _leaf_from(leaf) for name, leaf in body.items()})


def _field(field: Field) -> dict[str, Any]:
    value = field.value if field.value is None else str(field.value)
    return asdict(field) | {"value": value, "bbox": field.bbox and field.bbox.as_list()}


def _field_from(body: dict[str, Any]) -> Field:
    return _typed(body, numbers=AMOUNT_KEYS, dates=DATE_KEYS)


def _leaf_from(body: dict[str, Any]) -> Field:
    return _typed(body, numbers=NUMBER_LEAVES, dates=DATE_LEAVES)


def _typed(body: dict[str, Any], *, numbers: Collection[str], dates: Collection[str]) -> Field:
    """A field with its value again what it was; `numbers` and `dates` are the keys of those that are no texts."""
    value: str | Decimal | date | None = body["value"]
    if value is not None and body["key"] in numbers:
        value = Decimal(body["value"])
    elif value is not None and body["key"] in dates:
        value = date.fromisoformat(body["value"])
    return Field(**body | {"value": value, "bbox": BBox(*body["bbox"]) if body["bbox"] else None})


def _page(page: Page, *, with_text: bool) -> dict[str, Any]:
    spans = [[span.text, span.polygon, span.confidence] for span in page.spans] if with_text else []
    return {
        "page_index": page.page_index,
        "width": page.width,
        "height": page.height,
        "source": page.source,
        "rotation": page.rotation,
        "unreadable": page.unreadable,
        "missing_scripts": page.missing_scripts,
        "spans": spans,
    }


def _page_from(body: dict[str, Any]) -> Page:
    spans = tuple(Span(text, _polygon(points), confidence) for text, points, confidence in body["spans"])
    return Page(**body | {"spans": spans, "missing_scripts": tuple(body.get("missing_scripts", ()))})


def _polygon(points: list[list[float]]) -> Polygon:
    a, b, c, d = ((x, y) for x, y in points)
    return a, b, c, d
