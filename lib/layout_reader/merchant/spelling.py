"""Names that another line has better: a logo that OCR misread, and the second line of a long name.

In: the chosen merchant and all candidates. Out: the company among them whose name begins almost like the chosen one,
which has no legal form itself; both lines where the chosen one is the rest of a name; else the chosen one. A name that
is spelled alike stays: it is what people call the company. Pure.
"""

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from lib.grammar.companies import find_legal_form
from lib.grammar.folding import folded, letters_of
from lib.layout_reader.merchant.candidates import MerchantCandidate

_FEWEST: Final = 5
"""Letters that a name needs before any of them may be misread."""

_MOST: Final = 200
"""Letters of a name at most; a longer text is none."""

_ROWS_TO_PERSON: Final = 3
_WORDS_OF_PERSON: Final = 4

_CRUMB: Final = 2.0
"""Times the letters of a chosen name that a company has, from which that is only the first word of its name."""

_ALIKE: Final = 75.0
"""rapidfuzz similarity, 0..100, from which one name is the other misread: a letter of four or five."""


_REST: Final = re.compile(
    r"(?:betriebs|handels|vertriebs|verwaltungs|gastronomie|dienstleistungs|beteiligungs|service|produktions)"
    r"(?:-?ges(?:ellschaft|\.)?)?|deutschland|osterreich|austria|schweiz|germany|uk|europe|international|france|italia|"
    r"nederland|polska|espana|handelsgesellschaft|(?:und|&|u\.) co\.?"
)
"""What companies have between their name and their legal form, and in a second line with it."""


def as_printed(chosen: MerchantCandidate, candidates: Sequence[MerchantCandidate]) -> MerchantCandidate:
    """The chosen name, or the one that it is a misreading or the rest of; the first of several."""
    if _is_rest(chosen):
        return next((both for both in candidates if both.more and both.more.cell is chosen.place.cell), chosen)
    if not _FEWEST <= len(chosen.folded) <= _MOST or find_legal_form(chosen.text):
        return chosen
    whole = next(
        (candidate for candidate in candidates if _is_crumb(chosen, candidate) or _is_surname(chosen, candidate)), None
    )
    if whole:
        return whole
    return next((candidate for candidate in candidates if _is_misread(chosen.folded, candidate)), chosen)


def _is_surname(chosen: MerchantCandidate, person: MerchantCandidate) -> bool:
    """Whether the chosen word ends the name of a person right below: "CASTAN" in large letters over "Odile Castan"."""
    distance = person.place.cell.row - chosen.place.cell.row
    words = person.text.split()
    return (
        0 < distance <= _ROWS_TO_PERSON
        and chosen.more is person.more is None
        and len(chosen.text.split()) == 1
        and 1 < len(words) <= _WORDS_OF_PERSON
        and letters_of(words[-1]) == chosen.folded
        and all(word[:1].isalpha() for word in words)
    )


def _is_crumb(chosen: MerchantCandidate, company: MerchantCandidate) -> bool:
    """Whether a company's name begins with the chosen one and goes on for longer: "Blue" of "Blue Fern Garden Ltd"."""
    form = find_legal_form(company.text)
    if form is None or form.start == 0 or not company.folded.startswith(chosen.folded):
        return False
    name = company.text[: form.start]
    return len(letters_of(name)) > _CRUMB * len(chosen.folded) and len(name.split()) > len(chosen.text.split())


def _is_misread(name: str, company: MerchantCandidate) -> bool:
    beginning = company.folded[: len(name)]
    return beginning != name and fuzz.ratio(beginning, name) >= _ALIKE and find_legal_form(company.text) is not None


def _is_rest(chosen: MerchantCandidate) -> bool:
    """Whether it is what stands behind a name only: "Betriebs GmbH"."""
    form = find_legal_form(chosen.text)
    return form is not None and _REST.fullmatch(folded(chosen.text[: form.start]).strip(" ,-")) is not None
