"""A logo that OCR misread, and the same name in print further down.

In: the chosen merchant and all candidates. Out: the company among them whose name begins almost like the chosen one,
which has no legal form itself; else the chosen one. A name that is spelled alike stays: it is what people call the
company. Pure.
"""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from lib.layout_reader.candidates import MerchantCandidate
from lib.layout_reader.companies import find_legal_form

_FEWEST: Final = 5
"""Letters that a name needs before any of them may be misread."""

_ALIKE: Final = 75.0
"""rapidfuzz similarity, 0..100, from which one name is the other misread: a letter of four or five."""


def as_printed(chosen: MerchantCandidate, candidates: Sequence[MerchantCandidate]) -> MerchantCandidate:
    """The chosen name, or the company's that it is a misreading of; the first of several."""
    if len(chosen.folded) < _FEWEST or find_legal_form(chosen.text):
        return chosen
    return next((candidate for candidate in candidates if _is_misread(chosen.folded, candidate)), chosen)


def _is_misread(name: str, company: MerchantCandidate) -> bool:
    beginning = company.folded[: len(name)]
    return beginning != name and fuzz.ratio(beginning, name) >= _ALIKE and find_legal_form(company.text) is not None
