"""Answers held against the document: what does not stand there is no answer.

In: answers of a reader that may invent, and the document. Out: the same answers with the page and the box of the words
they came from; those that the document does not bear out emptied, with reason `ungrounded`. Pure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from rapidfuzz import fuzz, process

from lib.document import Answer, BBox, OcrDocument
from lib.grammar.amounts import find_amounts
from lib.grammar.currency_table import CODES
from lib.grammar.dates import find_dates
from lib.grammar.folding import letters_of
from lib.post.currency import candidates_of, sure_country_currency
from lib.post.evidence import Evidence
from lib.post.lines import Line
from lib.post.outcome import UNGROUNDED

SAME_WORDS: Final = 85.0
"""rapidfuzz similarity, 0..100, from which a merchant's letters count as those of a line: OCR errors and cut edges."""

_THE_SAME: Final = 100.0
_MOST_LINES: Final = 3
"""Lines that a merchant's name may run over."""

Place = tuple[int, BBox] | None
Finder = Callable[[str, Evidence], tuple[bool, Place]]


def ground(answers: Sequence[Answer], *, document: OcrDocument, evidence: Evidence | None = None) -> tuple[Answer, ...]:
    """The answers, each with its place or, where the document does not state it, without its text."""
    evidence = evidence or Evidence.of(document)
    return tuple(_grounded(answer, evidence) for answer in answers)


def _grounded(answer: Answer, evidence: Evidence) -> Answer:
    finder = _FINDERS.get(answer.key)
    if answer.text is None or finder is None:
        return answer
    stands, place = finder(answer.text, evidence)
    if not stands:
        return replace(
            answer, text=None, confidence=1 - answer.confidence, page_index=None, bbox=None, reason=UNGROUNDED
        )
    if place is None or answer.bbox is not None:
        return answer
    return replace(answer, page_index=place[0], bbox=place[1])


def find_amount(kind: str) -> Finder:
    """A finder that prefers the place beside a keyword of `kind`, else the last of equal ones."""

    def find(text: str, evidence: Evidence) -> tuple[bool, Place]:
        values = {abs(match.value) for match in find_amounts(text, style=evidence.style) if match.may_be_money}
        found = [s for s in evidence.amounts if abs(s.match.value) in values and not evidence.is_order(s)]
        beside = [s for s in found if kind in evidence.kinds_in_row(s.line.row)]
        if not found or (evidence.gives_orders and not beside):  # Told what to say, a model's amounts need a label.
            return False, None
        best = (beside or found)[-1]
        return True, (best.line.page_index, best.bbox)

    return find


def find_date(text: str, evidence: Evidence) -> tuple[bool, Place]:
    """The first place of a day that the text may mean."""
    wanted = {reading for match in find_dates(text) for reading in match.readings}
    for stated in evidence.dates:
        if wanted.intersection(stated.match.readings) and not evidence.is_order(stated):
            return True, (stated.line.page_index, stated.bbox)
    return False, None


def _find_currency(text: str, evidence: Evidence) -> tuple[bool, Place]:
    """Whether a mark in the document, or its country, can stand for the currency that the answer means."""
    code = text.strip(" .:()").upper()
    wanted = {code} if code in CODES else set(candidates_of(text))
    stated_marks = (stated for stated in evidence.marks if not evidence.is_order(stated))
    marks = [stated for stated in stated_marks if wanted.intersection(stated.match.candidates)]
    if marks:
        best = next((stated for stated in marks if stated.match.beside_number), marks[0])
        return True, (best.line.page_index, best.bbox)
    return bool(wanted) and sure_country_currency(evidence) in wanted, None


def _find_merchant(text: str, evidence: Evidence) -> tuple[bool, Place]:
    """Whether the name's letters stand in a run of lines, give or take what OCR misread."""
    name = letters_of(text)
    if not name:
        return False, None
    lines = _most_similar(name, evidence)
    return bool(lines), (lines[0].page_index, BBox.around(line.box() for line in lines)) if lines else None


def _most_similar(name: str, evidence: Evidence) -> Sequence[Line]:
    """The run of lines that a name fits into best, of equals the shortest and first; empty where it fits nowhere."""
    best: Sequence[Line] = ()
    least = SAME_WORDS
    for count in range(1, _MOST_LINES + 1):
        runs = [(start, text) for start, text in _runs(count, evidence) if len(text) * 1.25 >= len(name)]
        # In one call: the name is prepared once for all of them.
        found = process.extractOne(name, [text for _, text in runs], scorer=fuzz.partial_ratio, score_cutoff=least)
        if found and (not best or found[1] > least):
            start = runs[found[2]][0]
            best, least = evidence.lines[start : start + count], found[1]
        if least == _THE_SAME:
            break
    return best


def _runs(count: int, evidence: Evidence) -> Iterator[tuple[int, str]]:
    """Where each run of so many lines on one page begins, and its letters."""
    lines, letters = evidence.lines, evidence.letters
    for start in range(len(lines) - count + 1):
        if lines[start].page_index == lines[start + count - 1].page_index:
            yield start, "".join(letters[start : start + count])


_FINDERS: Final[Mapping[str, Finder]] = {
    "merchant": _find_merchant,
    "date": find_date,
    "currency": _find_currency,
    "subtotal": find_amount("subtotal"),
    "tax_amount": find_amount("tax"),
    "total": find_amount("total"),
}
