"""Labelled documents and answers to build evaluations from."""

from dataclasses import replace

from lib.document import FIELD_KEYS, BBox, FieldKey, OcrDocument, Page, Span
from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.prediction import JsonScalar, PredictedField, Prediction


def label(document_id: str, *, stratum: str = "receipt", **truth: str) -> LabelledDocument:
    """A labelled document of its id, stratum and true values."""
    known = {key: truth[key] for key in FIELD_KEYS if key in truth}
    return LabelledDocument(document_id, "own", stratum, "Apache-2.0", known)


def without(document: LabelledDocument, *absent: FieldKey) -> LabelledDocument:
    """A labelled document that does not state some fields."""
    return replace(document, absent=frozenset(absent))


def answer(
    document_id: str,
    *,
    confidence: float | None = None,
    text: str | None = None,
    seconds: float = 0.0,
    error: str | None = None,
    review_needed: bool | None = None,
    **values: JsonScalar,
) -> Prediction:
    """The answers for a document, all with one confidence, and the lines of text that it had."""
    fields = {key: PredictedField(value, confidence=confidence) for key, value in values.items()}
    document = None if text is None else document_of(text)
    return Prediction(document_id, fields, seconds, error, document, review_needed=review_needed)


def document_of(text: str) -> OcrDocument:
    """One page with a span for each line of the text."""
    spans = tuple(
        Span(line, BBox(10, 20 * row, 10 + 8 * len(line), 20 * row + 16).as_polygon(), 0.9)
        for row, line in enumerate(text.splitlines(), start=1)
    )
    return OcrDocument((Page(0, 300, 400, "ocr", spans),))
