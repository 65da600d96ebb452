"""Which currency mark of the document is its own.

In: a `ParsedDocument`, and where the chosen total stands. Out: the mark, or none. Pure; weights set by hand:
most documents print one currency.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lib.document import Answer
from lib.grammar.companies import find_legal_form
from lib.grammar.currencies import CurrencyMatch
from lib.grammar.currency_usage import tells_rate
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.page.places import Place
from lib.layout_reader.ranking.answers import answer_at
from lib.layout_reader.ranking.ranker import Evidence, Ranker

_BESIDE_NUMBER: Final = 1.0
_ELSEWHERE: Final = 0.25
_IN_TOTAL_ROW: Final = 3.0
_IN_TOTAL_ROW_APART: Final = 2.0
"""A code behind the word for the total, with a gap before its number."""

_AMBIGUOUS: Final = 0.5
"""What an ambiguous mark counts for where an unambiguous one that it agrees with stands in the document too."""


@dataclass(frozen=True, slots=True)
class CurrencyChoice:
    """A mark, where it stands, and how sure it is, 0..1."""

    place: Place
    confidence: float


@dataclass(frozen=True, slots=True)
class _Found:
    place: Place
    match: CurrencyMatch
    weight: float


def find_currency(parsed: ParsedDocument, *, total: Sequence[Place], ranker: Ranker) -> Answer | None:
    """The document's currency mark as an answer; None where it has no mark.

    Args:
        parsed: The document.
        total: Everywhere the total's value stands.
        ranker: Who knows what the choice is worth.
    """
    choice = choose_currency(parsed, total)
    if choice is None:
        return None
    return answer_at("currency", choice.place, ranker.confidence("currency", Evidence(choice.confidence)))


def choose_currency(parsed: ParsedDocument, total: Sequence[Place]) -> CurrencyChoice | None:
    """The mark that most amounts carry, above all the total; None where there is no mark."""
    rows = {place.cell.row for place in total}
    found = [
        _Found(Place(reading.cell, match.start, match.end), match, _weight(match, in_total=reading.cell.row in rows))
        for row in parsed.readings
        for reading in row
        for match in reading.currencies
        if not _in_legal_form(reading.cell.text, match) and not tells_rate(reading.cell.text)
    ]
    if not found:
        return None
    found = _of_total_alone(found, total) or found
    votes: dict[str, float] = defaultdict(float)
    for item in found:
        votes[item.match.code] += item.weight
    sure = {item.match.code for item in found if not item.match.is_ambiguous}
    for item in found:
        # "$" in a document that also says "CAD" speaks for CAD.
        for code in sure.intersection(item.match.candidates) - {item.match.code}:
            votes[code] += item.weight * 2 * _AMBIGUOUS
    best = max(sorted(votes), key=lambda code: votes[code])
    own = [item for item in found if item.match.code == best]
    chosen = max(own, key=lambda item: (not item.match.is_ambiguous, item.weight))
    share = votes[best] / sum(votes.values())
    return CurrencyChoice(chosen.place, round(share * votes[best] / (votes[best] + 0.5), 4))


def _of_total_alone(found: Sequence[_Found], total: Sequence[Place]) -> list[_Found]:
    """The marks that stand in a cell of the total's own row, where they can only be one currency.

    "Total USD 5,289.00" is in dollars, however many euros a note about the tax names.
    """
    rows = {place.cell.row for place in total}
    own = [item for item in found if item.place.cell.row in rows and not item.match.is_ambiguous]
    return own if len({item.match.code for item in own}) == 1 else []


def _in_legal_form(text: str, match: CurrencyMatch) -> bool:
    """Whether the mark is a part of a company's name: BHD is Bahrain's dinar, and Malaysia's "Berhad"."""
    form = find_legal_form(text)
    return form is not None and form.start < match.end and match.start < form.end


def _weight(match: CurrencyMatch, *, in_total: bool) -> float:
    if not match.beside_number and in_total and match.kind == "code":
        return _IN_TOTAL_ROW_APART
    if not match.beside_number:
        return _ELSEWHERE * (2.0 if match.kind == "code" else 1.0)
    return _IN_TOTAL_ROW if in_total else _BESIDE_NUMBER
