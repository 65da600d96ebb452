"""Telephone, mail address and web site of whoever issued a document.

In: a `ParsedDocument`, its labels and the blocks of its parties. Out: leaves. What stands in the customer's block is
theirs.
"""

import re
from typing import Final

from lib.computing import in_time
from lib.details.labels import Labels, Part, leaf_at
from lib.details.party_blocks import PartyBlocks
from lib.document import Field
from lib.extraction import Leaf
from lib.grammar.contacts import EMAIL, PHONE, WEBSITE, as_email, as_website, is_phone
from lib.layout_reader.page.parsing import ParsedDocument

_PHONE_ALONE = re.compile(
    r"(?<![\d.,/-])(?:\+\d{1,3}[ .-]?(?:\(0\))?[ .-]?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}"
    r"|\(\d{3}\)[ .-]{0,3}\d{3}[ .-]{0,3}\d{4}|(?:1[ .-])?\d{3}[ .\\-]{1,3}\d{3}[ .-]{1,2}\d{4}"
    r"|(?<!\d )\(?0\d{1,4}\)?[ ./-]{1,3}(?:\d{3,4}(?:[ .-]?\d{2,4}){1,2}|\d{6,8}))(?![\d,/-])"
)
_PHONE_BARE = re.compile(r"[2-9]\d{2}[2-9]\d{6}|[2-9]\d{2}-\d{7}|[2-9]\d{2}-\d{4}|0\d{1,3}-\d{6,8}")
"""What a cell of its own says in the head of a slip."""

_SIGN_OF_NUMBER = re.compile(r"(?:#|№|\bn[º°o]|\bnr|\bno)\W{0,3}$", re.IGNORECASE)
"""What stands in front of another number."""

_NEAR: Final = 6
_HEAD_ROWS: Final = 10
"""Rows in which a slip says who issued it."""


class Contacts:
    """Looks for the supplier's contacts in one document."""

    def __init__(self, parsed: ParsedDocument, labels: Labels, blocks: PartyBlocks) -> None:
        """Take what was found in the document."""
        self._parsed = parsed
        self._labels = labels
        self._blocks = blocks

    def phone(self) -> Leaf:
        """The first number behind a label for telephones, else one that stands alone in the form of one."""
        for label in self._labels.of("phone"):
            if not self._blocks.is_customers(label.cell):
                is_alone = label.match.start == 0 and not label.cell.text[label.match.end :].strip(" .:")
                for part in self._labels.parts(label, below=is_alone):
                    found = _number(part)
                    if found:
                        return found
        return self._unlabelled_phone()

    def _unlabelled_phone(self) -> Leaf:
        """The first number in the form of a telephone's, which no label calls something else."""
        for row in in_time(self._parsed.readings):
            for reading in row:
                cell = reading.cell
                if self._labels.begins(cell) or self._blocks.is_customers(cell):
                    continue
                match = _PHONE_ALONE.search(cell.text)
                if match is None and self._blocks.is_slip and cell.row < _HEAD_ROWS:
                    match = _PHONE_BARE.fullmatch(cell.text)
                dated = match and any(day.start < match.end() and match.start() < day.end for day in reading.dates)
                signed = match and _SIGN_OF_NUMBER.search(cell.text[max(0, match.start() - _NEAR) : match.start()])
                if match and not (dated or signed) and is_phone(match[0]):
                    return leaf_at(cell, "phone", match[0].strip(), match.span(), 0.7)
        return None

    def email(self) -> Leaf:
        """The first mail address."""
        return self._first_of("email", EMAIL)

    def website(self) -> Leaf:
        """The first web site."""
        return self._first_of("website", WEBSITE)

    def _first_of(self, key: str, pattern: re.Pattern[str]) -> Leaf:
        """The first text of a form that is not in the customer's block."""
        for row in in_time(self._parsed.rows):
            for cell in row.cells:
                match = pattern.search(cell.text)
                if match and not self._blocks.is_customers(cell):
                    value = as_email(match[0]) if key == "email" else as_website(match[0])
                    return leaf_at(cell, key, value, match.span(), 0.85)
        return None


def says_contact(text: str) -> bool:
    """Whether a text has a telephone number, a mail address or a web site."""
    return any(pattern.search(text) for pattern in (EMAIL, WEBSITE, _PHONE_ALONE))


def _number(part: Part) -> Field | None:
    """The telephone number that a part begins with, more or less."""
    match = PHONE.search(part.text)
    if match is None or match.start() > len("/mobile no. : (+)") or not is_phone(match[0]):
        return None
    return part.leaf("phone", match[0].strip(), match.start(), match.end())
