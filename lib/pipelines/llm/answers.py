"""What a model said -> answers.

In: a `Said` and the questions. Out: an `Answer` for each, with the text that the model gave. Pure. A value may be a
text, a number, null or one of the words that models write for null; anything else is no value. Nonsense is an error
whose text says what it is.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from lib.document import AMOUNT_KEYS, Answer, Question
from lib.errors import TiltProtocolError
from lib.pipelines.llm.completion import Said
from lib.pipelines.llm.json_text import find_object

CONFIDENCE: Final = 0.5
"""Of every answer, as the model says nothing about it; agreement of the embedded reader raises it."""

MOST_CHARS: Final = 2_000
"""Of a value; what is longer is no value of a field."""

NOTHING: Final = frozenset(
    {
        "",
        "-",
        "--",
        "n/a",
        "na",
        "nil",
        "none",
        "null",
        "not applicable",
        "not available",
        "not found",
        "not present",
        "not provided",
        "not specified",
        "not stated",
        "undefined",
        "unknown",
    }
)
"""What models write for null, in lower case."""

_MOST_DIGITS: Final = 30
_CENTS: Final = -2
_LIKE_THOUSANDS: Final = -3
"""So many digits behind a point are a group of thousands in half of the world."""


def read_answers(said: Said, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """One answer to each question, in order.

    Raises:
        TiltProtocolError: The model said nothing that answers.
    """
    keys = [question.key for question in questions]
    found = find_object(said.text, keys)
    if found is None and not said.text.strip():
        found = find_object(said.reasoning, keys)  # Some servers take the whole answer for reasoning.
    if found is None:
        raise TiltProtocolError(_complaint(said))
    missing = "truncated" if said.is_cut else "not_found"
    texts = {key: _text(key, value) for key, value in found.items()}
    return tuple(_answer(key, texts.get(key), missing if key not in found else "not_found") for key in keys)


def _answer(key: str, text: str | None, reason: str) -> Answer:
    return Answer(key, text, CONFIDENCE, reason=None if text is not None else reason)


def _complaint(said: Said) -> str:
    """Why there is no answer."""
    if said.is_cut:
        return "The model's answer was cut off before it gave JSON: raise TILT_MAX_TOKENS, or turn its reasoning off."
    if said.is_refused:
        return "The model refused to answer. Another model (TILT_MODEL) may not."
    if not said.text.strip():
        return "The model answered nothing" + (
            " but its reasoning: turn its reasoning off." if said.reasoning.strip() else "."
        )
    return "The model answered without JSON of the keys that it was asked for; a larger model may follow the request."


def _text(key: str, value: Any) -> str | None:  # noqa: ANN401 - any JSON
    """A value as text; None where it is none."""
    if isinstance(value, str):
        text = value.encode(errors="replace").decode().replace("\x00", "").strip()
        return None if text.casefold() in NOTHING or len(text) > MOST_CHARS else text
    if isinstance(value, Decimal):
        return _number_text(key, value)
    if isinstance(value, list):
        return next((found for item in value[:10] if (found := _text(key, item)) is not None), None)
    if isinstance(value, dict):
        return _text(key, value.get("value"))
    return None


def _number_text(key: str, number: Decimal) -> str | None:
    """A JSON number without exponent; an amount with its cents, so that no point in it is taken for thousands."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) + abs(exponent) > _MOST_DIGITS:
        return None
    del sign
    if key in AMOUNT_KEYS and exponent > _CENTS:
        number = number.quantize(Decimal("0.01"))
    text = f"{number:f}"
    return f"{text}0" if exponent == _LIKE_THOUSANDS else text
