"""What a rule makes of one answer, and the codes it may give as the reason for a doubt."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

NOT_FOUND: Final = "not_found"
UNPARSABLE: Final = "unparsable"
WEAK_EVIDENCE: Final = "weak_evidence"
UNGROUNDED: Final = "ungrounded"
AMBIGUOUS_DATE: Final = "ambiguous_date"
AMBIGUOUS_CURRENCY: Final = "ambiguous_currency"
CHECK_DIGITS: Final = "check_digits"
TOTALS_DISAGREE: Final = "totals_disagree"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value made from an answer's text.

    Attributes:
        value: None where the text has none.
        certainty: 0..1, that the value is what the text means; the reader's confidence is multiplied by it.
        problem: A code, None where all is well.
    """

    value: str | Decimal | date | None
    certainty: float = 1.0
    problem: str | None = None


FAILED: Final = Outcome(None, 0.0, UNPARSABLE)
