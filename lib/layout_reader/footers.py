"""The company that signs at the foot of a letter: name, tax number and bank account in one place.

In: a `Survey`, its merchant candidates, their features and the chosen one. Out: the index of the one to answer. Pure.
Where the head of a letter has the seller as a picture only, the first company on the page is whom it is sent to.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.ibans import find_ibans
from lib.grammar.tax_ids import find_vat_ids
from lib.layout_reader.candidates import MerchantCandidate
from lib.layout_reader.companies import find_legal_form
from lib.layout_reader.customers import bare_name
from lib.layout_reader.merchant_features import merchant_names
from lib.layout_reader.name_texts import says_bank
from lib.layout_reader.survey import Survey

_ROWS_OF_FOOT: Final = 8
_ROWS_AROUND: Final = 3
_SIGNED: Final = 2
"""Different things of tax number, register, bank account and contact that a company at the foot has beside it."""

_SPEAKS_FOR: Final = ("in_seller", "under_seller", "is_site", "mentions", "over_tax_id", "over_contact")
"""What makes the chosen one known as the seller by other means."""


def prefer_footer(
    survey: Survey, candidates: Sequence[MerchantCandidate], features: NDArray[np.float32], chosen: int
) -> int:
    """The chosen candidate, or the company of the foot where that is another one and nothing speaks for the chosen."""
    columns = [merchant_names().index(name) for name in _SPEAKS_FOR]
    name = bare_name(candidates[chosen].text)
    if features[chosen, columns].any() or not find_legal_form(candidates[chosen].text):
        return chosen
    signed = {bare_name(each.text): index for index, each in enumerate(candidates) if _signs(survey, each)}
    others = [index for other, index in signed.items() if other not in name and name not in other]
    return others[0] if len(signed) == len(others) == 1 else chosen


def _signs(survey: Survey, candidate: MerchantCandidate) -> bool:
    """Whether it is a company at the foot of its page, with numbers that only the seller's bear around it."""
    cell, rows = candidate.place.cell, survey.rows
    end = cell.row + _ROWS_OF_FOOT
    if candidate.more or not find_legal_form(candidate.text) or says_bank(candidate.text):
        return False
    if end < len(rows) and rows[end].page_index == cell.page_index:
        return False
    around = range(max(0, cell.row - _ROWS_AROUND), min(len(rows), cell.row + _ROWS_AROUND + 1))
    cells = [reading for row in around if rows[row].page_index == cell.page_index for reading in survey.readings[row]]
    kinds = {word.kind for reading in cells for word in reading.keywords} & {"tax_id", "payment", "contact"}
    texts = [reading.cell.text for reading in cells]
    holds_number = any(find_ibans(text) or find_vat_ids(text) for text in texts)
    return "customer" not in {word.kind for reading in cells for word in reading.keywords} and (
        holds_number and len(kinds) >= _SIGNED
    )
