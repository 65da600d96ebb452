"""What speaks for a text being the merchant's name.

In: a `ParsedDocument` and its merchant candidates. Out: a matrix, one line for each candidate, columns as in
`merchant_names()`.
"""

import re
from collections import Counter
from collections.abc import Sequence, Set
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.computing import in_time
from lib.grammar.addresses import says_street
from lib.grammar.companies import find_legal_form
from lib.grammar.folding import letters_of
from lib.layout_reader.merchant.candidates import MerchantCandidate
from lib.layout_reader.merchant.customers import bare_name, customer_names, is_customer
from lib.layout_reader.merchant.name_texts import says_bank
from lib.layout_reader.merchant.sentences import lower_share, sentence_words
from lib.layout_reader.merchant.sites import matches_site, sites_of, spelled_share
from lib.layout_reader.page.blocks import HEADINGS, Blocks, has_money
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.ranking.matrix import matrix_of

KINDS: Final = (
    *(
        "not_merchant",
        "customer",
        "seller",
        "contact",
        "tax_id",
        "date",
        "invoice_number",
        "item",
        "quantity",
        "payment",
    ),
    *("total", "tax", "cash"),
)

_POSTCODE: Final = re.compile(r"(?<!\d)\d{4,6}(?!\d)|\b[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}\b")

_LEAST_MENTION: Final = 5
"""Letters of a name whose mentions count."""

_MOST_MENTIONS: Final = 4


class _Page:
    """What all candidates of a document are compared with."""

    def __init__(self, parsed: ParsedDocument) -> None:
        self.parsed = parsed
        self.sites = sites_of(parsed)
        self.customers = customer_names(parsed)
        self.letters = "\n".join([letters_of(row.text) for row in in_time(parsed.rows)])
        self.kinds = [{word.kind for reading in row for word in reading.keywords} for row in parsed.readings]
        self._mentions: dict[str, int] = {}

    def mentions(self, name: str) -> int:
        """How often the letters of a name stand in the document, beside the name itself."""
        if len(name) < _LEAST_MENTION:
            return 0
        if name not in self._mentions:
            self._mentions[name] = self.letters.count(name) - 1
        return max(self._mentions[name], 0)


def merchant_features(parsed: ParsedDocument, candidates: Sequence[MerchantCandidate]) -> NDArray[np.float32]:
    """One line for each candidate, float32, shape (candidates, features)."""
    page, blocks = _Page(parsed), Blocks(parsed)
    repeats = Counter([candidate.folded for candidate in candidates])
    tallest = max([candidate.place.cell.height for candidate in candidates], default=1.0)
    companies_before = _companies_before(candidates)
    inside_another = _inside_others(candidates)
    lines = []
    for index, candidate in enumerate(in_time(candidates)):
        line = _wording(candidate, page)
        line |= blocks.around(candidate.place.cell)
        line["repeats"] = min(repeats[candidate.folded], 4)
        line["repeated_inside"] = inside_another[index]
        line["to_tallest"] = candidate.place.cell.height / tallest
        line["index"] = min(index, 20)
        line["companies_before"] = min(companies_before[index], 4)
        lines.append(line)
    return matrix_of(lines, _NAMES)


def merchant_names() -> tuple[str, ...]:
    """Names of the columns, in order."""
    return _NAMES


def _wording(candidate: MerchantCandidate, page: _Page) -> dict[str, float]:
    text, place, cell = candidate.text, candidate.place, candidate.place.cell
    reading = page.parsed.readings[cell.row][cell.column]
    form = find_legal_form(text)
    # Without a legal form behind it, the name is bare as it was folded.
    size, name = len(text), bare_name(text) if form and form.start else candidate.folded
    inside = [word for word in reading.keywords if place.start <= word.start < place.end]
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    return _kinds({word.kind for word in inside}, page.kinds[cell.row]) | {
        "size": min(size, 60),
        "words": min(len(text.split()), 12),
        "digits": digits / size,
        "letters": letters / size,
        "upper": sum(map(str.isupper, text)) / max(letters, 1),
        "other": (size - digits - letters - text.count(" ")) / size,
        "form_letters": form.letters if form else 0,
        "own_letters": min(letters - (form.letters if form else 0), 40),
        "starts_with_digit": text[0].isdigit(),
        "ends_with_digit": text[-1].isdigit(),
        "form_at_end": form is not None and form.end >= size - 2,
        "form_at_start": form is not None and form.start == 0,
        "distinct": len(set(candidate.folded)) / max(min(len(candidate.folded), 16), 1),
        "is_joined": candidate.more is not None,
        "says_bank": says_bank(text),
        "has_bracket": "(" in text or ")" in text,
        "has_comma": "," in text,
        "has_colon": ":" in text,
        "has_postcode": digits > 0 and _POSTCODE.search(text) is not None,
        "holds_date": bool(reading.dates),
        "has_money": has_money(reading),
        "covered": sum([word.end - word.start for word in inside]) / size,
        "is_site": matches_site(candidate.folded, page.sites),
        "spelled_share": spelled_share(candidate.folded, page.sites),
        "mentions": min(page.mentions(name), _MOST_MENTIONS),
        "is_customer": is_customer(name, page.customers),
        "sentence_words": min(sentence_words(text), _MOST_MENTIONS),
        "lower_share": lower_share(text),
        "row_money": any(map(has_money, page.parsed.readings[cell.row])),
        "is_whole_cell": size >= len(cell.text) - 2,
        "part_start": place.start > 2,  # noqa: PLR2004
        "says_street": says_street(text),
        "has_label": _has_label(candidate, page),
    }


def _kinds(inside: Set[str], in_row: Set[str]) -> dict[str, float]:
    """What kinds of keywords the text holds, and what others its row."""
    line = {f"has_{kind}": 1.0 for kind in inside}
    for kind in in_row - inside:
        line[f"beside_{kind}"] = 1.0
    return line


def _has_label(candidate: MerchantCandidate, page: _Page) -> bool:
    """Whether the text follows a label, as in a form: "Name: ..."."""
    cell = candidate.place.cell
    front = cell.text[: candidate.place.start].rstrip()
    if not front and cell.column:
        front = page.parsed.rows[cell.row].cells[cell.column - 1].text.rstrip()
    return front.endswith(":")


def _inside_others(candidates: Sequence[MerchantCandidate]) -> list[bool]:
    """For each candidate, whether another line of the document contains its text."""
    together = "\n".join([candidate.folded for candidate in candidates])
    return [together.count(each.folded) > 1 and _is_inside_another(each, candidates) for each in candidates]


def _is_inside_another(candidate: MerchantCandidate, candidates: Sequence[MerchantCandidate]) -> bool:
    """Whether another line of the document contains this text."""
    return len(candidate.folded) >= 4 and any(  # noqa: PLR2004
        candidate.folded in other.folded and other.place.cell.row != candidate.place.cell.row for other in candidates
    )


def _companies_before(candidates: Sequence[MerchantCandidate]) -> list[int]:
    """How many lines with a legal form stand before each candidate."""
    companies = (find_legal_form(candidate.place.text) is not None for candidate in candidates)
    return list(accumulate(companies, initial=0))[:-1]


_NAMES: Final = (
    *(f"{side}_{kind}" for side in ("has", "beside") for kind in KINDS),
    *(
        "size",
        "words",
        "digits",
        "letters",
        "upper",
        "other",
        "form_letters",
        "own_letters",
        "starts_with_digit",
        "ends_with_digit",
        "form_at_end",
        "form_at_start",
    ),
    *(
        "distinct",
        "is_joined",
        "says_bank",
        "has_bracket",
        "has_comma",
        "has_colon",
        "has_postcode",
        "holds_date",
        "has_money",
        "covered",
        "is_site",
        "says_street",
        "has_label",
        "spelled_share",
        "mentions",
        "is_customer",
        "sentence_words",
        "lower_share",
        "row_money",
    ),
    *("is_whole_cell", "part_start", "row", "page", "y", "x", "center", "width", "height", "height_above"),
    *("height_below", "gap_above", "cells", "column", "to_amount", "to_keyword", "to_end", "below_digits"),
    *(f"{side}_{kind}" for side in ("under", "over") for kind in HEADINGS),
    *("in_seller", "in_customer", "repeats", "repeated_inside", "to_tallest", "index", "companies_before"),
)
