"""The details that a reader behind a server was asked for, held against the document and the embedded reader.

In: answers, and the details that the pages gave. Out: the details with the answers that stand in the document, and the
paths of these. Typed as the leaves are: days, amounts, identifiers of their form. As with the six fields the answer
stands where the two readers differ, with less confidence and the problem `readers_disagree`. Pure.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from stdnum import bic

from lib.document import Answer, BBox, Field, OcrDocument
from lib.extraction import ASKED_DETAILS, Details, Leaf
from lib.grammar.contacts import EMAIL, PHONE, WEBSITE, as_email, as_website, is_phone
from lib.grammar.times_of_day import TIME, as_24_hours
from lib.post.amounts import read_amount
from lib.post.cross_check import cross_check, same_value
from lib.post.dates import read_date
from lib.post.evidence import Evidence
from lib.post.extras import read_number, read_tax_id
from lib.post.grounding import Finder, Place, find_amount, find_date
from lib.post.outcome import FAILED, Outcome
from lib.post.text_search import find_text

_LONGEST: Final = 200
"""Characters of a text; what is longer is several answers in one."""

_MOST_LINES: Final = 6
"""Lines of an address."""

_POSITIVE: Final = frozenset({"discount", "prepaid"})
"""Amounts whose sign says only that they are taken off."""

_MAY_REPEAT: Final = frozenset({"amount_due", "prepaid"})
"""Amounts that may equal one of the six fields; a model that finds no other one answers the total."""

_LINE_ENDS: Final = re.compile(r"[,;\n]")
_BIC: Final = re.compile(r"\b[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b")


def checked_details(
    details: Details, answers: Sequence[Answer], *, document: OcrDocument, fields: Sequence[Field]
) -> tuple[Details, tuple[str, ...]]:
    """The details with a reader's answers, and the paths of the leaves that it answered.

    Args:
        details: Of the embedded reader, whose leaves stay where the other one has none.
        answers: To the questions for ASKED_DETAILS.
        document: What the readers read.
        fields: The six, settled.
    """
    evidence = Evidence.of(document)
    given = {answer.key: answer for answer in answers}
    by_reader: list[str] = []
    for path in ASKED_DETAILS:
        answer = given.get(path.replace(".", "_"))
        leaf = _leaf(path.rpartition(".")[2], answer, evidence) if answer else None
        if leaf is not None and not _is_somebody_elses(path, leaf, details, fields):
            details = _with_leaf(details, path, _settled(leaf, _leaf_at(details, path)))
            by_reader.append(path)
    return details, tuple(by_reader)


def _leaf(key: str, answer: Answer, evidence: Evidence) -> Leaf:
    """An answer as a leaf; None where it is none, of another form, or not in the document."""
    if answer.text is None or len(answer.text) > _LONGEST:
        return None
    form = _FORMS.get(key, _AMOUNT)
    outcome = form.read(answer.text, evidence)
    if outcome.value is None:
        return None
    place = form.find(answer.text, evidence)[1]
    if place is None:
        return None
    value = abs(outcome.value) if key in _POSITIVE else outcome.value  # type: ignore[arg-type]  # They are amounts.
    return Field(key, value, answer.text, answer.confidence * outcome.certainty, *place, outcome.problem)


def _is_somebody_elses(path: str, leaf: Field, details: Details, fields: Sequence[Field]) -> bool:
    """Whether a reader that found none of what it was asked for answered the seller's, or one of the six amounts."""
    group = path.partition(".")[0]
    if group == "amounts":
        repeats = leaf.key not in _MAY_REPEAT and any(same_value(leaf, field) for field in fields)
        return leaf.value == 0 or repeats
    if group == "customer" and leaf.key != "customer_no":
        sellers: Leaf = getattr(details.supplier, leaf.key)
        return sellers is not None and same_value(leaf, sellers)
    return False


def _settled(leaf: Field, other: Leaf) -> Field:
    """The reader's leaf weighed by the embedded one; where they agree, the embedded one, whose place is exact."""
    if other is None or other.value is None:
        return leaf
    (weighed,), (embedded,) = cross_check([leaf], [other]), cross_check([other], [leaf])
    if same_value(leaf, other):
        return replace(embedded, confidence=max(weighed.confidence, embedded.confidence))
    return weighed


def _leaf_at(details: Details, path: str) -> Leaf:
    group, _, key = path.rpartition(".")
    leaf: Leaf = getattr(getattr(details, group) if group else details, key)
    return leaf


def _with_leaf(details: Details, path: str, leaf: Field) -> Details:
    group, _, key = path.rpartition(".")
    if not group:
        return replace(details, **{key: leaf})  # type: ignore[arg-type]  # A leaf's key.
    return replace(details, **{group: replace(getattr(details, group), **{key: leaf})})


def _find(text: str, evidence: Evidence) -> tuple[bool, Place]:
    """Whether a text stands in the document, and where."""
    place = find_text(text, evidence.lines, tokens=evidence.tokens)
    return place is not None, place


def _find_lines(text: str, evidence: Evidence) -> tuple[bool, Place]:
    """The same of a text whose lines may stand apart, as beside another column, but on one page."""
    whole = _find(text, evidence)
    parts = [part for part in _LINE_ENDS.split(text) if part.strip()]
    if whole[0] or not 1 < len(parts) <= _MOST_LINES:
        return whole
    places = [_find(part, evidence)[1] for part in parts]
    found = [place for place in places if place is not None]
    if len(found) < len(parts) or len({page for page, _ in found}) > 1:
        return False, None
    return True, (found[0][0], BBox.around([box for _, box in found]))


def _read_text(text: str, _evidence: Evidence) -> Outcome:
    value = " ".join(text.split())
    return Outcome(value) if any(map(str.isalpha, value)) else FAILED


def _read_address(text: str, _evidence: Evidence) -> Outcome:
    value = ", ".join(" ".join(part.split()) for part in _LINE_ENDS.split(text) if part.strip())
    return Outcome(value) if any(map(str.isalpha, value)) else FAILED


def _read_time(text: str, _evidence: Evidence) -> Outcome:
    match = TIME.search(text)
    return Outcome(as_24_hours(match)) if match else FAILED


def _read_phone(text: str, _evidence: Evidence) -> Outcome:
    match = PHONE.search(text)
    return Outcome(match[0].strip()) if match and is_phone(match[0]) else FAILED


def _read_email(text: str, _evidence: Evidence) -> Outcome:
    match = EMAIL.search(text)
    return Outcome(as_email(match[0])) if match else FAILED


def _read_website(text: str, _evidence: Evidence) -> Outcome:
    match = WEBSITE.search(text)
    return Outcome(as_website(match[0])) if match else FAILED


def _read_bic(text: str, _evidence: Evidence) -> Outcome:
    match = _BIC.search(text)
    return Outcome(match[0]) if match and bic.is_valid(match[0]) else FAILED


@dataclass(frozen=True, slots=True)
class _Form:
    """How a leaf's answer is found in the document, and what it means."""

    find: Finder
    read: Callable[[str, Evidence], Outcome]


_AMOUNT: Final = _Form(find_amount("total"), read_amount)
_DAY: Final = _Form(find_date, read_date)
_NUMBER: Final = _Form(_find, read_number)
_TEXT: Final = _Form(_find, _read_text)

_FORMS: Final[Mapping[str, _Form]] = {
    "time": _Form(_find, _read_time),
    "address": _Form(_find_lines, _read_address),
    "name": _TEXT,
    "terms": _TEXT,
    "registration_no": _NUMBER,
    "customer_no": _NUMBER,
    "order_number": _NUMBER,
    "reference": _NUMBER,
    "phone": _Form(_find, _read_phone),
    "email": _Form(_find, _read_email),
    "website": _Form(_find, _read_website),
    "tax_id": _Form(_find, read_tax_id),
    "bic": _Form(_find, _read_bic),
    "delivery_date": _DAY,
    "period_from": _DAY,
    "period_to": _DAY,
}
"""By the key of the leaf; all others are amounts."""
