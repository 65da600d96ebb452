"""The brand over a shop and the company that runs it: which of two likely names is the merchant of a receipt.

In: a `ParsedDocument`, its merchant candidates and how likely each is. Out: the index of the one to answer. Pure.
Where both stand in the head of a till's slip, the shop is known by the upper one: "BURGER PALACE" over "Nord
Gastronomie GmbH". On a letter's page the company is who sends the invoice. In Malaysia it is the seller on slips, too:
the law wants the registered name on receipts, under whatever sign or stamp stands over it.
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

_REGISTERED: Final = frozenset({"sdnbhd", "bhd", "sb", "enterprise", "trading"})
"""Forms of Malaysian names, letters alone. Source: Companies Act 2016, section 30; the business register."""


def prefer_brand(parsed: ParsedDocument, candidates: Sequence[MerchantCandidate], likely: NDArray[np.float64]) -> int:
    """The likeliest, or the brand right over it where that is a company and the brand is likely too.

    Where a registered name stands right below the likeliest and is likely, that name.
    """
    best = int(likely.argmax())
    company = candidates[best]
    if find_legal_form(company.text) is None and _is_slip(parsed, company):
        return _registered(candidates, likely, best)
    if not _has_form(company, _RUNNERS) or not _is_slip(parsed, company):
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


def _registered(candidates: Sequence[MerchantCandidate], likely: NDArray[np.float64], best: int) -> int:
    """The likeliest registered name right below the best, or the best itself."""
    names = [
        index
        for index, candidate in enumerate(candidates)
        if likely[index] >= _LIKELY
        and _has_form(candidate, _REGISTERED)
        and candidate.page_index == candidates[best].page_index
        and 0 < candidate.place.cell.row - candidates[best].place.cell.row <= _ROWS_OF_BRAND
    ]
    return max(names, key=lambda index: likely[index], default=best)


def _has_form(candidate: MerchantCandidate, forms: frozenset[str]) -> bool:
    form = find_legal_form(candidate.text)
    return form is not None and candidate.more is None and letters_of(candidate.text[form.start : form.end]) in forms


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
