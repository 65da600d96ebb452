"""The brand over a shop and the company that runs it: which of two likely names is the merchant of a receipt.

In: a `ParsedDocument`, its merchant candidates and how likely each is. Out: the index of the one to answer. Pure.
Where both stand in the head of a till's slip, the shop is known by the upper one: "BURGER PALACE" over "Nord
Gastronomie GmbH". On a letter's page the company is who sends the invoice, and under Asia's legal forms it is the shop.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.companies import find_legal_form
from lib.grammar.folding import letters_of
from lib.layout_reader.merchant.candidates import MerchantCandidate
from lib.layout_reader.page.parsing import ParsedDocument

_LIKELY: Final = 0.6
"""Probability that a brand needs, to be taken for a name at all."""

_WIDEST_SLIP: Final = 42.0
"""Heights of its text: a till's slip is no wider, a letter's page is half as wide again."""

_ROWS_OF_BRAND: Final = 3
_ROWS_BETWEEN: Final = 2
_RUNNERS: Final = frozenset(
    {
        *("gmbh", "gmbhcokg", "ag", "kg", "ug", "ohg", "gbr", "ek", "mbh", "sas", "sarl", "sa", "eurl", "snc", "sasu"),
        *("bv", "nv", "bvba", "vof", "sprl", "srl", "spa", "sl", "slu", "lda", "ltd", "limited", "plc", "llc", "inc"),
    }
)
"""Legal forms of companies that run shops under another's brand, letters alone."""


def prefer_brand(parsed: ParsedDocument, candidates: Sequence[MerchantCandidate], likely: NDArray[np.float64]) -> int:
    """The likeliest, or the brand right over it where that is a company and the brand is likely too."""
    best = int(likely.argmax())
    company = candidates[best]
    if not _runs_shops(company) or not _is_slip(parsed, company):
        return best
    brands = [
        index
        for index, candidate in enumerate(candidates)
        if likely[index] >= _LIKELY
        and candidate.more is None
        and _is_over(candidate, company)
        and not any(map(str.isdigit, candidate.text))
    ]
    return max(brands, key=lambda index: likely[index], default=best)


def _runs_shops(candidate: MerchantCandidate) -> bool:
    form = find_legal_form(candidate.text)
    return form is not None and candidate.more is None and letters_of(candidate.text[form.start : form.end]) in _RUNNERS


def _is_slip(parsed: ParsedDocument, candidate: MerchantCandidate) -> bool:
    frame = parsed.frames[candidate.page_index]
    return len(parsed.frames) == 1 and frame.content.width <= _WIDEST_SLIP * frame.height


def _is_over(brand: MerchantCandidate, company: MerchantCandidate) -> bool:
    """Whether one stands in the first rows, whole, and right over the other."""
    above, below = brand.place.cell, company.place.cell
    return (
        above.row < _ROWS_OF_BRAND
        and 0 < below.row - above.row <= _ROWS_BETWEEN
        and find_legal_form(brand.text) is None
        and len(brand.text) >= len(above.text) - 2
        and min(above.bbox.x1, below.bbox.x1) > max(above.bbox.x0, below.bbox.x0)
    )
