"""The company that signs at the foot of a letter: name, tax number and bank account in one place.

In: a `ParsedDocument`, its merchant candidates, their features and the chosen one. Out: the index of the one to answer.
Pure. Where the head of a letter has the seller as a picture only, the first company on the page is
whom it is sent to.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.companies import find_legal_form
from lib.grammar.ibans import find_ibans
from lib.grammar.tax_ids import find_vat_ids
from lib.layout_reader.merchant.candidates import MerchantCandidate
from lib.layout_reader.merchant.customers import bare_name
from lib.layout_reader.merchant.features import merchant_names
from lib.layout_reader.merchant.name_texts import says_bank
from lib.layout_reader.page.parsing import ParsedDocument

_ROWS_OF_FOOT: Final = 8
_ROWS_AROUND: Final = 3
_SIGNATURE: Final = frozenset({"tax_id", "payment", "contact"})
_SIGNED: Final = 2
"""Kinds of words that stand around a company at the foot, and how many different ones there are at least."""

_SPEAKS_FOR: Final = ("in_seller", "under_seller", "is_site", "mentions", "over_tax_id", "over_contact")
"""What makes the chosen one known as the seller by other means."""


def prefer_footer(
    parsed: ParsedDocument, candidates: Sequence[MerchantCandidate], features: NDArray[np.float32], chosen: int
) -> int:
    """The chosen candidate, or the company of the foot where that is another one and nothing speaks for the chosen."""
    columns = [merchant_names().index(name) for name in _SPEAKS_FOR]
    name = bare_name(candidates[chosen].text)
    if features[chosen, columns].any() or not find_legal_form(candidates[chosen].text):
        return chosen
    foot = _Foot(parsed)
    signed = {bare_name(each.text): index for index, each in enumerate(candidates) if foot.is_signed_by(each)}
    others = [index for other, index in signed.items() if other not in name and name not in other]
    return others[0] if len(signed) == len(others) == 1 else chosen


class _Foot:
    """The last rows of each page, each looked at once."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self._parsed = parsed
        self._known: dict[int, tuple[frozenset[str], bool]] = {}

    def is_signed_by(self, candidate: MerchantCandidate) -> bool:
        """Whether it is a company down there, with numbers that only the seller's bear around it."""
        cell, rows = candidate.place.cell, self._parsed.rows
        last = cell.row + _ROWS_OF_FOOT
        if candidate.more or not find_legal_form(candidate.text) or says_bank(candidate.text):
            return False
        if last < len(rows) and rows[last].page_index == cell.page_index:
            return False
        around = range(max(0, cell.row - _ROWS_AROUND), min(len(rows), cell.row + _ROWS_AROUND + 1))
        seen = [self._row(row) for row in around if rows[row].page_index == cell.page_index]
        kinds = frozenset[str]().union(*(kinds for kinds, _ in seen))
        is_numbered = any(holds_number for _, holds_number in seen)
        return is_numbered and "customer" not in kinds and len(kinds & _SIGNATURE) >= _SIGNED

    def _row(self, index: int) -> tuple[frozenset[str], bool]:
        """The kinds of keywords in a row, and whether it holds a bank account or a VAT number."""
        if index not in self._known:
            readings = self._parsed.readings[index]
            kinds = frozenset(word.kind for reading in readings for word in reading.keywords)
            texts = [reading.cell.text for reading in readings]
            self._known[index] = kinds, any(find_ibans(text) or find_vat_ids(text) for text in texts)
        return self._known[index]
