"""Whether somebody should look at an answer before it is used, and why.

In: an `Extraction`. Out: a `Review`, whose reasons are codes (docs/api.md has them). Pure. What is promised, and how
often it holds, stands in docs/accuracy.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import prod
from typing import Final

from lib.document import EXTRA_KEYS, Field
from lib.extraction import Extraction, Review

MISSING_FIELD: Final = "missing_field"
LOW_CONFIDENCE: Final = "low_confidence"
TOTALS_DISAGREE: Final = "totals_disagree"
UNLIKELY_TAX: Final = "unlikely_tax"
DEGRADED: Final = "degraded"

REASON_OF: Final[Mapping[str, str]] = {
    "ambiguous_currency": "ambiguous_currency",
    "ambiguous_date": "ambiguous_date",
    "einvoice_ambiguous": "einvoice_ambiguous",
    "einvoice_disagrees_with_page": "einvoice_disagrees_with_page",
    "einvoice_unreadable": "einvoice_unreadable",
    "items_disagree": "items_disagree",
    "low_confidence": LOW_CONFIDENCE,
    "low_ocr_confidence": "low_ocr_confidence",
    "missing_total": MISSING_FIELD,
    "no_text": MISSING_FIELD,
    "readers_disagree": "readers_disagree",
    "several_documents": "several_documents",
    "taxes_disagree": "taxes_disagree",
    "tilt_unavailable": DEGRADED,
    "totals_disagree": TOTALS_DISAGREE,
    "truncated": "truncated",
    "ungrounded": "ungrounded",
    "unparsable": "unparsable",
    "unreadable_script": "unreadable_script",
    "xfa_form_unread": "xfa_form_unread",
}
"""The warnings that ask for a review, and the reason that each becomes."""

NO_REASON: Final = frozenset({"too_long_for_llm", "too_long_for_tilt", "unsupported_script"})
"""The warnings that do not: they say who answered, and how it was asked."""

_ALWAYS_STATED: Final = frozenset({"merchant", "date", "currency", "total"})
"""Fields that invoices and receipts have; a subtotal or a tax many do not have."""

_DOUBTFUL_NULL: Final = 0.5
"""A subtotal or a tax that is not answered although the reader had one that was likelier than none."""

_LIKELY_TAX: Final = Decimal("0.4")
"""Of the subtotal, at most: rates end at 27 % (Hungary); on fuel or cars further taxes bring them little above it."""


def review_of(extraction: Extraction, *, least: float) -> Review:
    """The reasons to look at an extraction.

    Args:
        extraction: As it is answered, its warnings included.
        least: How sure, 0..1, all values together must be (REVIEW_CONFIDENCE).
    """
    fields = extraction.fields
    own = [field for field in extraction.extras if field.key not in EXTRA_KEYS]
    reasons = {REASON_OF[code] for code in extraction.warnings if code in REASON_OF}
    reasons |= _about_amounts(fields)
    if extraction.degraded:
        reasons.add(DEGRADED)
    if any(_is_missed(field) for field in fields if field.value is None):
        reasons.add(MISSING_FIELD)
    if _confidence(fields) < least or any(field.value is not None and field.confidence < least for field in own):
        reasons.add(LOW_CONFIDENCE)
    return Review(tuple(sorted(reasons)))


def _is_missed(null: Field) -> bool:
    """Whether the document may well state what was not found."""
    return null.key in _ALWAYS_STATED or (null.problem == "weak_evidence" and null.confidence < _DOUBTFUL_NULL)


def _confidence(fields: Iterable[Field]) -> float:
    """How likely it is, 0..1, that all values are right, as if each were wrong on its own."""
    return prod(field.confidence for field in fields if field.value is not None)


def _about_amounts(fields: Sequence[Field]) -> set[str]:
    """What is odd about subtotal, tax and total, whatever the reader thinks of each."""
    amounts = {field.key: abs(field.value) for field in fields if isinstance(field.value, Decimal)}
    subtotal, tax, total = (amounts.get(key) for key in ("subtotal", "tax_amount", "total"))
    if subtotal is not None and tax is not None and tax > _LIKELY_TAX * subtotal:
        return {UNLIKELY_TAX}
    if subtotal is not None and total is not None and tax is None and subtotal != total:
        return {TOTALS_DISAGREE}
    return set()
