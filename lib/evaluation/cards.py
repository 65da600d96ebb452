"""What a picture says about each field.

In: a prediction, judged or not. Out: a `Card` for each field. Without labels each field has its own color; judged, what
is right is green, and what is not is red and says the true value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lib.document import AMOUNT_KEYS, FIELD_KEYS, BBox, FieldKey
from lib.evaluation.canvas import Color
from lib.evaluation.prediction import JsonScalar, Prediction
from lib.evaluation.scoring import Judged

QUIET: Color = (107, 119, 134)
RIGHT: Color = (22, 145, 84)
WRONG: Color = (214, 48, 60)
DOUBT: Color = (176, 106, 0)
FIELD_COLORS: Mapping[FieldKey, Color] = {
    "merchant": (124, 77, 219),
    "date": (20, 112, 204),
    "currency": (0, 139, 139),
    "subtotal": (196, 118, 0),
    "tax_amount": (204, 66, 124),
    "total": (22, 145, 84),
}
LABELS: Mapping[FieldKey, str] = {
    "merchant": "Merchant",
    "date": "Date",
    "currency": "Currency",
    "subtotal": "Subtotal",
    "tax_amount": "Tax amount",
    "total": "Total",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What is said about one field.

    Attributes:
        label: The field's name.
        value: The answer as text; None where there is none.
        note: A line beneath it: the raw text, the true value or the problem.
        note_color: Of that line.
        color: Of the card's edge, the box and the line between them.
        confidence: 0..1, where known.
        page_index: The page the answer stands on, where known.
        bbox: Where it stands there, in pixels of the page as it was read.
    """

    label: str
    value: str | None
    note: str
    note_color: Color
    color: Color
    confidence: float | None
    page_index: int | None
    bbox: BBox | None


def cards_of(prediction: Prediction) -> tuple[Card, ...]:
    """A card for each field of a document nobody has labelled, each field in its own color."""
    return tuple(_card(key, prediction, FIELD_COLORS[key], *_own_note(key, prediction)) for key in FIELD_KEYS)


def judged_cards(judged: Judged) -> tuple[Card, ...]:
    """A card for each labelled field: green where it is right; red where it is not, with the true value."""
    cards = []
    for outcome in judged.outcomes:
        right = outcome.verdict == "right"
        problem = f" · {in_words(outcome.answered.problem)}" if outcome.answered.problem else ""
        note = "✓ right" if right else f"✗ true: {outcome.truth or 'not stated'}{problem}"
        color = RIGHT if right else WRONG
        cards.append(_card(outcome.key, judged.prediction, color, note, color))
    return tuple(cards)


def _card(key: FieldKey, prediction: Prediction, color: Color, note: str, note_color: Color) -> Card:
    answered = prediction.of(key)
    return Card(
        label=LABELS[key],
        value=shown(key, answered.value),
        note=note,
        note_color=note_color,
        color=color,
        confidence=answered.confidence,
        page_index=answered.page_index,
        bbox=answered.bbox,
    )


def shown(key: FieldKey, value: JsonScalar) -> str | None:
    """A value for people: amounts with two decimals where that loses nothing, everything else as it is."""
    if isinstance(value, int | float) and key in AMOUNT_KEYS and round(value, 2) == value:
        return f"{value:.2f}"
    return None if value is None else str(value)


def _own_note(key: FieldKey, prediction: Prediction) -> tuple[str, Color]:
    answered = prediction.of(key)
    if answered.problem:
        return in_words(answered.problem), DOUBT
    return (f"read: {answered.text}" if answered.text else ""), QUIET


def in_words(code: str) -> str:
    """A code such as `ambiguous_date` as people read it."""
    return code.replace("_", " ")
