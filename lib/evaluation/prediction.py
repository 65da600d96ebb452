"""What was answered for one document, wherever the answer came from.

In: an extraction of the pipeline, the JSON of the service, or a line of a predictions file. Out: `Prediction`.
Values are kept as JSON carries them, because the scorer also holds that amounts are numbers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from lib.document import FIELD_KEYS, BBox, Field, OcrDocument, Page, Span
from lib.extraction import Extraction

JsonScalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class PredictedField:
    """One field as it was answered.

    Attributes:
        value: As in the `data` of the service's JSON.
        text: The raw text behind it.
        confidence: 0..1; None where whoever answered gives none.
        page_index: Where it stands, counted from 0.
        bbox: Where it stands on that page, in its pixels.
        problem: Why there is no value, or a doubtful one.
    """

    value: JsonScalar
    text: str | None = None
    confidence: float | None = None
    page_index: int | None = None
    bbox: BBox | None = None
    problem: str | None = None


UNANSWERED = PredictedField(value=None)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One document's answers.

    Attributes:
        document_id: Of the labelled document.
        fields: By key; a key that is not there was not answered.
        seconds: From the request to the answer.
        error: What went wrong instead of an answer; None where there is one.
        document: What was read, where that is known.
        timings_ms: Milliseconds by stage.
        review_needed: Whether a person should look at it; None where nobody says.
    """

    document_id: str
    fields: Mapping[str, PredictedField] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    document: OcrDocument | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    review_needed: bool | None = None

    def of(self, key: str) -> PredictedField:
        """The answer for one field; without a value where there is none."""
        return self.fields.get(key, UNANSWERED)


def from_extraction(document_id: str, extraction: Extraction, *, seconds: float) -> Prediction:
    """The answers of the pipeline."""
    return Prediction(
        document_id=document_id,
        fields=from_fields(extraction.fields),
        seconds=seconds,
        document=extraction.document,
        timings_ms=extraction.timings_ms,
        review_needed=extraction.review.needed,
    )


def from_fields(fields: tuple[Field, ...]) -> dict[str, PredictedField]:
    """The pipeline's fields with their values as JSON carries them."""
    return {
        f.key: PredictedField(_as_json(f.value), f.raw, f.confidence, f.page_index, f.bbox, f.problem) for f in fields
    }


def _as_json(value: str | Decimal | date | None) -> JsonScalar:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def from_response(document_id: str, body: Mapping[str, Any], *, seconds: float) -> Prediction:
    """The answers in the JSON of POST /v1/extract; `fields` and `ocr` are taken where they are there.

    Raises:
        ValueError: There is no `data` object.
    """
    data, details, meta = body.get("data"), body.get("fields") or {}, body.get("meta") or {}
    if not isinstance(data, Mapping):
        raise ValueError("the answer has no `data` object")  # noqa: TRY004 - the JSON is wrong, not the call
    return Prediction(
        document_id=document_id,
        fields={key: _detailed(data.get(key), details.get(key) or {}) for key in FIELD_KEYS},
        seconds=seconds,
        document=_document(body["ocr"]) if body.get("ocr") else None,
        timings_ms=meta.get("timings_ms") or {},
        review_needed=(meta.get("review") or {}).get("needed"),
    )


def _detailed(value: JsonScalar, detail: Mapping[str, Any]) -> PredictedField:
    page_no, bbox = detail.get("page_no"), detail.get("bbox")
    return PredictedField(
        value=value,
        text=detail.get("text"),
        confidence=detail.get("confidence"),
        page_index=None if page_no is None else int(page_no) - 1,
        bbox=None if bbox is None else BBox(*bbox),
        problem=detail.get("problem"),
    )


def _document(ocr: Mapping[str, Any]) -> OcrDocument:
    return OcrDocument(tuple(_page(index, page) for index, page in enumerate(ocr["pages"])))


def _page(index: int, page: Mapping[str, Any]) -> Page:
    spans = tuple(
        Span(text=span["text"], polygon=BBox(*span["bbox"]).as_polygon(), confidence=span.get("confidence", 1.0))
        for span in page["spans"]
    )
    return Page(
        index,
        page["width"],
        page["height"],
        source=page.get("source", "ocr"),
        spans=spans,
        rotation=page.get("rotation", 0),
    )


def as_line(prediction: Prediction) -> str:
    """A prediction as one line of a predictions file, without what was read of the document."""
    details = {
        key: {
            "value": f.value,
            "text": f.text,
            "confidence": f.confidence,
            "page_no": None if f.page_index is None else f.page_index + 1,
            "bbox": f.bbox.as_list() if f.bbox else None,
            "problem": f.problem,
        }
        for key, f in prediction.fields.items()
    }
    line = {
        "id": prediction.document_id,
        "data": {key: prediction.of(key).value for key in FIELD_KEYS} if prediction.error is None else None,
        "fields": details,
        "seconds": round(prediction.seconds, 4),
        "error": prediction.error,
        "meta": {"review": {"needed": prediction.review_needed}},
    }
    return json.dumps(line, ensure_ascii=False)


def from_line(line: str) -> Prediction:
    """One line of a predictions file: `id` and `data` at least; `fields`, `seconds` and `error` where they are known.

    Raises:
        ValueError: It is not such a line.
    """
    row = json.loads(line)
    if not isinstance(row, dict) or "id" not in row:
        raise ValueError("a line of a predictions file is an object with an `id`")
    if row.get("data") is None:
        return Prediction(str(row["id"]), seconds=row.get("seconds") or 0.0, error=row.get("error"))
    return from_response(str(row["id"]), row, seconds=row.get("seconds") or 0.0)
