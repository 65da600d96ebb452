"""Names that another line has better: a logo that OCR misread, or one that is a word of the whole name.

In: the chosen merchant and all candidates. Out: where it has no legal form, the name among them that it is a word of or
almost the beginning of, or that stands in several rows and is almost in it; else the chosen one. Pure.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from rapidfuzz import fuzz

from lib.grammar.companies import find_legal_form
from lib.grammar.folding import letters_of
from lib.layout_reader.merchant.candidates import MerchantCandidate

_FEWEST: Final = 5
"""Letters that a name needs before any of them may be misread."""

_MOST: Final = 200
"""Letters of a name at most; a longer text is none."""

_ROWS_TO_NAME: Final = 3
_WORDS_OF_NAME: Final = 4
"""Where a name stands below a logo that is one of its words, and how many words it has at most."""

_CRUMB: Final = 2.0
"""Times the letters of a chosen name that a company has, from which that is only the first word of its name."""

_FEWEST_REPEATED: Final = 6
_ALMOST: Final = 85.0
"""Letters of a name that stands in several rows, and rapidfuzz similarity, 0..100, from which a text holds it."""

_ALIKE: Final = 75.0
"""rapidfuzz similarity, 0..100, from which one name is the other misread: a letter of four or five."""


def as_printed(chosen: MerchantCandidate, candidates: Sequence[MerchantCandidate]) -> MerchantCandidate:
    """The chosen name, or the one that it is a misreading or the beginning of; the first of several."""
    if not _FEWEST <= len(chosen.folded) <= _MOST or find_legal_form(chosen.text):
        return chosen
    whole = next((each for each in candidates if _is_crumb(chosen, each) or _is_word_of(chosen, each)), None)
    if whole:
        return whole
    printed = next((candidate for candidate in candidates if _is_misread(chosen.folded, candidate)), None)
    return printed or next(_repeated(chosen, candidates), chosen)


def _repeated(chosen: MerchantCandidate, candidates: Sequence[MerchantCandidate]) -> Iterator[MerchantCandidate]:
    """Names in several rows that the chosen one, which stands once only, is almost or holds almost."""
    rows = defaultdict[str, set[int]](set)
    for candidate in candidates:
        rows[candidate.folded].add(candidate.place.cell.row)
    if len(rows[chosen.folded]) == 1:
        names = (each for each in candidates if len(rows[each.folded]) > 1 and len(each.folded) >= _FEWEST_REPEATED)
        yield from (each for each in names if _holds_almost(chosen.folded, each.folded))


def _holds_almost(name: str, printed: str) -> bool:
    return (
        printed not in name
        and len(printed) <= len(name)
        and fuzz.partial_ratio(printed, name, score_cutoff=_ALMOST) >= _ALMOST
    )


def _is_word_of(chosen: MerchantCandidate, name: MerchantCandidate) -> bool:
    """Whether the chosen word is the first or last one of a name right below: "CASTAN" over "Odile Castan"."""
    distance = name.place.cell.row - chosen.place.cell.row
    words = name.text.split()
    return (
        0 < distance <= _ROWS_TO_NAME
        and chosen.more is name.more is None
        and len(chosen.text.split()) == 1
        and 1 < len(words) <= _WORDS_OF_NAME
        and chosen.folded in {letters_of(words[0]), letters_of(words[-1])}
        and all(word[:1].isupper() for word in words)
        and find_legal_form(name.text) is None
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
