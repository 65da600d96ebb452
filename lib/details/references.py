"""Numbers, days and how a document is to be paid, by the labels that announce them.

In: the labels of a document. Out: `References` and `Payment`. What is not announced is not answered.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from stdnum import bic

from lib.details.labels import Label, Labels, Part, cell_of, leaf_at
from lib.details.words import find_methods
from lib.document import Field
from lib.extraction import Leaf, Payment, References
from lib.grammar.dates import find_dates, reading_of
from lib.grammar.document_numbers import number_at_start
from lib.layout_reader.page.parsing import ParsedDocument

_CHECKED: Final = 0.97
"""How sure a value is whose form nothing else has."""

_BIC = re.compile(
    r"(?:[\s:.#)/(-]|code\b|swift\b|bic\b){0,8}"
    r"(?P<bic>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?|[A-Z]{4} [A-Z]{2} [A-Z0-9]{2}(?: [A-Z0-9]{3})?)(?![A-Za-z0-9])"
)
_BANKS_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{4}(?P<country>[A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])")
_ROWS_OF_ACCOUNT: Final = 4
"""Rows around an account in which its bank's code may stand without a label right before it."""
_WITH_TOWN = re.compile(r"[\s:.°º-]{0,4}(?:[^\W\d_]{3,20}[ -]){1,3}(?:[AB] )?(\d{3} ?\d{3} ?\d{3}(?: ?\d{5})?)(?!\d)")
_WORDS: Final = ("CREDIT", "DEBIT", "KONTO", "KREDIT", "BANK", "TITULA", "BENEFI", "INTEST")
_CARD = re.compile(r"(?<![^\W\d_])(?:(?:[*•·][ -]?){2,24}|(?:[#xX][ -]?){4,24})(\d{4})(?![\d*•·#]| [*•·#])")
"""Four digits behind a mask; letters and hashes mask where there are several: "XX2024" is a model."""

_CARD_ALONE = re.compile(r"x{2,4}(\d{4})")
_TERMS_SHORTEST: Final = 4
_TERMS_LONGEST: Final = 120
_DIGITS_OF_AN_ORDER: Final = 3
_LETTERS_OF_A_SIGN: Final = 2
_PRICE = re.compile(r"\d[.,]\d{2}$")
_MARKS: Final = " :.;#-"
"""What may stand around a text."""


def read_references(labels: Labels, parsed: ParsedDocument, known: Mapping[str, Leaf]) -> References:
    """Numbers and days; the invoice's own number and its due date are settled already."""
    period_from, period_to = _period(labels, parsed)
    return References(
        invoice_number=known.get("invoice_number"),
        order_number=labels.first(["order_number"], _order, usable=_is_order_label),
        due_date=known.get("due_date"),
        delivery_date=labels.first(["delivery_date"], lambda part: _day("delivery_date", part, parsed)),
        period_from=period_from,
        period_to=period_to,
    )


def read_payment(labels: Labels, parsed: ParsedDocument, known: Mapping[str, Leaf]) -> Payment:
    """Account, bank, terms and means of payment; an account with the right check digits is settled already."""
    return Payment(
        iban=known.get("iban"),
        bic=labels.first(["bic"], _bank) or _bank_of_account(labels, parsed, known.get("iban")),
        reference=labels.first(["reference"], lambda part: _numbered("reference", part)),
        terms=labels.first(["terms"], _terms),
        method=_method(labels, parsed),
        card_last4=_card(parsed),
    )


def customer_number(labels: Labels) -> Leaf:
    """The supplier's number for the customer."""
    return labels.first(["customer_no"], lambda part: _numbered("customer_no", part))


def registration_number(labels: Labels) -> Leaf:
    """The supplier's number in a register of companies."""
    return labels.first(["registration_no"], _registered)


def _registered(part: Part) -> Field | None:
    """A number in a register, without the town of the court: "RCS Lyon 412 815 007"."""
    match = _WITH_TOWN.match(part.text)
    if match:
        return part.leaf("registration_no", match[1], *match.span(1))
    return _numbered("registration_no", part)


def _numbered(key: str, part: Part) -> Field | None:
    match = number_at_start(part.text)
    return part.leaf(key, match.value, match.start, match.end) if match else None


def _order(part: Part) -> Field | None:
    """The number of an order; a letter and a price, or a place in a queue, is none."""
    leaf = _numbered("order_number", part)
    if leaf is None or sum(map(str.isdigit, str(leaf.value))) < _DIGITS_OF_AN_ORDER or _PRICE.search(str(leaf.value)):
        return None
    return leaf


def _is_order_label(label: Label) -> bool:
    """Whether letters such as "PO" begin their cell, or are followed by a mark: they are a unit of goods, too."""
    text, match = label.cell.text, label.match
    is_short = sum(map(str.isalpha, text[match.start : match.end])) <= _LETTERS_OF_A_SIGN
    return not is_short or match.start == 0 or text[match.end : match.end + 2].lstrip()[:1] in {":", "#"}


def _day(key: str, part: Part, parsed: ParsedDocument) -> Field | None:
    for match in find_dates(part.text)[:1]:
        day = reading_of(match, order=parsed.order)
        if day is not None:
            return part.leaf(key, day, match.start, match.end)
    return None


def _period(labels: Labels, parsed: ParsedDocument) -> tuple[Leaf, Leaf]:
    """The first two days behind a label for a period, in the order of time."""
    for label in labels.of("period"):
        for part in labels.parts(label):
            days = list(_days(part, parsed))
            if len(days) == 2 and days[0][0] <= days[1][0]:  # noqa: PLR2004 - from and to
                (first, at), (last, to) = days
                return part.leaf("period_from", first, *at), part.leaf("period_to", last, *to)
    return None, None


def _days(part: Part, parsed: ParsedDocument) -> Iterator[tuple[date, tuple[int, int]]]:
    for match in find_dates(part.text)[:2]:
        day = reading_of(match, order=parsed.order)
        if day is not None:
            yield day, (match.start, match.end)


def _bank(part: Part) -> Field | None:
    match = _BIC.match(part.text)
    if match is None:
        return None
    code = match["bic"].replace(" ", "")
    start, end = match.span("bic")
    return part.leaf("bic", code, start, end, worth=_CHECKED) if bic.is_valid(code) else None


def _bank_of_account(labels: Labels, parsed: ParsedDocument, iban: Leaf) -> Leaf:
    """A bank's code near the account: of its country, where a label says that there is one, or beside the account."""
    account = cell_of(iban, parsed) if iban else None
    if iban is None or account is None:
        return None
    at = account.row
    labelled = {label.cell.row for label in labels.of("bic")}
    for row in parsed.rows[max(0, at - _ROWS_OF_ACCOUNT) : at + _ROWS_OF_ACCOUNT + 1]:
        is_near = row.index == at or any(row.index - _ROWS_OF_ACCOUNT <= each <= row.index for each in labelled)
        for cell in row.cells if is_near and row.page_index == account.page_index else ():
            for match in _BANKS_CODE.finditer(cell.text):
                if match["country"] == str(iban.value)[:2] and bic.is_valid(match[0]) and not _is_word(match[0]):
                    return leaf_at(cell, "bic", match[0], match.span(), BELOW_LABEL)
    return None


def _is_word(code: str) -> bool:
    """Whether letters of a bank's code are a word that stands beside accounts: "CREDITOR"."""
    return code.startswith(_WORDS)


def _terms(part: Part) -> Field | None:
    text = part.text.strip(_MARKS)
    if not _TERMS_SHORTEST <= len(text) <= _TERMS_LONGEST or not any(map(str.isalpha, text)):
        return None
    start = part.text.index(text)
    return part.leaf("terms", text, start, start + len(text))


def _method(labels: Labels, parsed: ParsedDocument) -> Leaf:
    """How it was paid, or is to be paid, where a label or a row of its own with the amount says so."""
    for label in labels.of("method"):
        for part in labels.parts(label):
            for match in find_methods(part.text)[:1]:
                return part.leaf("method", match.kind, match.start, match.end)
    for row in parsed.readings:
        for reading in row[:1]:
            tendered = any(each.amounts for each in row)
            for match in find_methods(reading.cell.text)[:1] if tendered else ():
                if match.start == 0 and not match.glued:
                    return leaf_at(reading.cell, "method", match.kind, (match.start, match.end), BELOW_LABEL)
    return None


BELOW_LABEL: Final = 0.7
"""How sure a means of payment is that heads a row with an amount."""


def _card(parsed: ParsedDocument) -> Leaf:
    """The last four digits of a card's number whose other digits are masked."""
    for row in parsed.rows:
        for cell in row.cells:
            match = _CARD.search(cell.text) or _CARD_ALONE.fullmatch(cell.text)
            if match:
                return leaf_at(cell, "card_last4", match[1], (match.start(), match.end()), _CHECKED)
    return None
