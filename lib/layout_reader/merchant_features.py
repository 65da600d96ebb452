"""What speaks for a text being the merchant's name.

In: a `Survey` and its merchant candidates. Out: a matrix, one line for each candidate, columns as in
`merchant_names()`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.folding import folded
from lib.layout_reader.addresses import says_street
from lib.layout_reader.candidates import MerchantCandidate
from lib.layout_reader.companies import find_legal_form
from lib.layout_reader.lines import Cell
from lib.layout_reader.name_texts import says_bank
from lib.layout_reader.survey import CellReading, Survey

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

_BLOCK: Final = 6
"""Rows below a heading ("Bill to") that its block reaches."""

_SECTION: Final = 12
"""Rows below the heading of a party that may still be about it."""

_SITE: Final = re.compile(
    r"(?:www\.|@|https?://)([\w-]+(?:\.[\w-]+)*)\.[a-z]{2,}|\b([\w-]{4,})\.(?:com|net|org|io|de|fr|co)\b"
)
_POSTCODE: Final = re.compile(r"(?<!\d)\d{4,6}(?!\d)|\b[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}\b")


class _Page:
    """What all candidates of a document are compared with."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.sites = {
            re.sub(r"[\W_]", "", part)
            for row in survey.rows
            for match in _SITE.finditer(folded(row.text))
            for part in (match[1] or match[2]).split(".")
        } - {"gmail", "hotmail", "yahoo", "outlook", "www", "mail", "com", "info"}
        self.headings = {
            kind: [r for row in survey.readings for r in row if any(k.kind == kind for k in r.keywords)]
            for kind in ("customer", "seller", "contact", "tax_id", "payment")
        }
        self.first_amount = next((i for i, row in enumerate(survey.readings) if _has_money(row)), len(survey.rows))
        self.first_keyword = next(
            (i for i, row in enumerate(survey.readings) if any(r.keywords or r.dates for r in row)), len(survey.rows)
        )


def merchant_features(survey: Survey, candidates: Sequence[MerchantCandidate]) -> NDArray[np.float32]:
    """One line for each candidate, float32, shape (candidates, features)."""
    page = _Page(survey)
    repeats = Counter(candidate.folded for candidate in candidates)
    tallest = max((candidate.place.cell.height for candidate in candidates), default=1.0)
    companies_before = _companies_before(candidates)
    lines = []
    for index, candidate in enumerate(candidates):
        line = _wording(candidate, page) | _position(candidate, page) | _blocks(candidate, page)
        line["repeats"] = float(min(repeats[candidate.folded], 4))
        line["repeated_inside"] = float(_is_inside_another(candidate, candidates))
        line["to_tallest"] = candidate.place.cell.height / tallest
        line["index"] = float(min(index, 20))
        line["companies_before"] = float(min(companies_before[index], 4))
        lines.append([line.get(name, 0.0) for name in merchant_names()])
    return np.asarray(lines, dtype=np.float32).reshape(len(candidates), len(merchant_names()))


def merchant_names() -> tuple[str, ...]:
    """Names of the columns, in order."""
    return _NAMES


def _wording(candidate: MerchantCandidate, page: _Page) -> dict[str, float]:
    text, cell = candidate.text, candidate.place.cell
    reading = page.survey.readings[cell.row][cell.column]
    form = find_legal_form(text)
    size = len(text)
    inside = [k for k in reading.keywords if candidate.place.start <= k.start < candidate.place.end]
    line = {f"has_{kind}": float(any(k.kind == kind for k in inside)) for kind in KINDS}
    beside = {k.kind for other in page.survey.readings[cell.row] for k in other.keywords} - {k.kind for k in inside}
    line |= {f"beside_{kind}": float(kind in beside) for kind in KINDS}
    digits = sum(character.isdigit() for character in text)
    letters = sum(character.isalpha() for character in text)
    return line | {
        "size": float(min(size, 60)),
        "words": float(min(len(text.split()), 12)),
        "digits": digits / size,
        "letters": letters / size,
        "upper": sum(character.isupper() for character in text) / max(letters, 1),
        "other": (size - digits - letters - text.count(" ")) / size,
        "form_letters": float(form.letters) if form else 0.0,
        "own_letters": float(min(letters - (form.letters if form else 0), 40)),
        "starts_with_digit": float(text[0].isdigit()),
        "ends_with_digit": float(text[-1].isdigit()),
        "form_at_end": float(form is not None and form.end >= size - 2),
        "form_at_start": float(form is not None and form.start == 0),
        "distinct": len(set(candidate.folded)) / max(min(len(candidate.folded), 16), 1),
        "is_joined": float(candidate.more is not None),
        "says_bank": float(says_bank(text)),
        "has_bracket": float("(" in text or ")" in text),
        "has_comma": float("," in text),
        "has_colon": float(":" in text),
        "has_postcode": float(_POSTCODE.search(text) is not None),
        "holds_date": float(bool(reading.dates)),
        "has_money": float(_has_money([reading])),
        "covered": sum(k.end - k.start for k in inside) / size,
        "is_site": float(_matches_site(candidate.folded, page.sites)),
        "is_whole_cell": float(size >= len(cell.text) - 2),
        "part_start": float(candidate.place.start > 2),  # noqa: PLR2004
        "says_street": float(says_street(text)),
        "has_label": float(_has_label(candidate, page)),
    }


def _has_label(candidate: MerchantCandidate, page: _Page) -> bool:
    """Whether the text follows a label, as in a form: "Name: ..."."""
    cell = candidate.place.cell
    front = cell.text[: candidate.place.start].rstrip()
    if not front and cell.column:
        front = page.survey.rows[cell.row].cells[cell.column - 1].text.rstrip()
    return front.endswith(":")


def _matches_site(text: str, sites: set[str]) -> bool:
    """Whether the document's web address or mail domain spells this name, or most of it."""
    return any(
        len(site) >= 4 and (site in text or (len(text) >= 4 and text in site) or text.startswith(site[:8]))  # noqa: PLR2004
        for site in sites
    )


def _position(candidate: MerchantCandidate, page: _Page) -> dict[str, float]:
    survey, cell = page.survey, candidate.place.cell
    frame = survey.frames[cell.page_index]
    content = frame.content
    rows_before = [row for row in survey.rows[: cell.row] if row.page_index == cell.page_index]
    above = survey.rows[cell.row - 1] if rows_before else None
    below = survey.rows[cell.row + 1] if cell.row + 1 < len(survey.rows) else None
    return {
        "row": float(min(cell.row, 60)),
        "page": float(cell.page_index),
        "y": (cell.bbox.y0 - content.y0) / max(content.height, 1.0),
        "x": (cell.bbox.x0 - content.x0) / max(content.width, 1.0),
        "center": abs(cell.bbox.center[0] - content.center[0]) / max(content.width, 1.0),
        "width": cell.bbox.width / max(content.width, 1.0),
        "height": cell.height / frame.height,
        "height_above": above.cells[0].height / frame.height if above else 0.0,
        "height_below": below.cells[0].height / frame.height if below else 0.0,
        "gap_above": _gap(above, cell),
        "cells": float(min(len(survey.rows[cell.row].cells), 4)),
        "column": float(min(cell.column, 3)),
        "to_amount": float(max(min(page.first_amount - cell.row, 20), -20)),
        "to_keyword": float(max(min(page.first_keyword - cell.row, 20), -20)),
        "to_end": float(min(len(survey.rows) - cell.row, 30)),
        "below_digits": _digits_below(survey, cell),
    }


def _gap(above: object, cell: Cell) -> float:
    """White space over the line, in its heights; 9 for the first line."""
    cells = getattr(above, "cells", None)
    return min((cell.bbox.y0 - cells[0].bbox.y1) / cell.height, 9.0) if cells else 9.0


def _digits_below(survey: Survey, cell: Cell) -> float:
    """Share of digits in the next cell of the same column: addresses and numbers follow a name."""
    for row in survey.rows[cell.row + 1 : cell.row + 3]:
        for other in row.cells:
            if min(other.bbox.x1, cell.bbox.x1) > max(other.bbox.x0, cell.bbox.x0):
                return sum(character.isdigit() for character in other.text) / len(other.text)
    return 0.0


def _blocks(candidate: MerchantCandidate, page: _Page) -> dict[str, float]:
    """How close a heading of a block is: over the line, or in front of it; 1 for the next row."""
    line = {}
    for kind, found in page.headings.items():
        line[f"under_{kind}"] = max((_under(candidate, heading) for heading in found), default=0.0)
        line[f"over_{kind}"] = max((_over(candidate, heading) for heading in found), default=0.0)
    return line | _section(candidate, page)


def _section(candidate: MerchantCandidate, page: _Page) -> dict[str, float]:
    """Whose block the line is in: the last heading above that names a party and stands not to the right of it."""
    cell = candidate.place.cell
    above = [
        (heading.cell.row, heading.cell.column, kind)
        for kind in ("seller", "customer")
        for heading in page.headings[kind]
        if heading.cell.page_index == cell.page_index
        and 0 <= cell.row - heading.cell.row <= _SECTION
        and heading.cell.bbox.x0 <= cell.bbox.x0 + cell.height
        and heading.cell is not cell
    ]
    kind = max(above)[2] if above else ""
    return {"in_seller": float(kind == "seller"), "in_customer": float(kind == "customer")}


def _under(candidate: MerchantCandidate, heading: CellReading) -> float:
    cell, head = candidate.place.cell, heading.cell
    distance = cell.row - head.row
    if head.page_index != cell.page_index or not 0 <= distance <= _BLOCK:
        return 0.0
    if distance == 0:
        return 1.0 if head.column == cell.column or head.column == cell.column - 1 else 0.0
    if min(head.bbox.x1, cell.bbox.x1) <= max(head.bbox.x0, cell.bbox.x0):
        return 0.0
    return 1.0 / distance


def _over(candidate: MerchantCandidate, heading: CellReading) -> float:
    """The other way round: the line is followed by such a heading in its column (phone, tax number)."""
    cell, head = candidate.place.cell, heading.cell
    distance = head.row - cell.row
    if head.page_index != cell.page_index or not 0 < distance <= _BLOCK:
        return 0.0
    if min(head.bbox.x1, cell.bbox.x1) <= max(head.bbox.x0, cell.bbox.x0):
        return 0.0
    return 1.0 / distance


def _has_money(row: Sequence[CellReading]) -> bool:
    return any(number.kind == "money" for reading in row for number in reading.numbers)


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
    ),
    *("is_whole_cell", "part_start", "row", "page", "y", "x", "center", "width", "height", "height_above"),
    *("height_below", "gap_above", "cells", "column", "to_amount", "to_keyword", "to_end", "below_digits"),
    *(
        f"{side}_{kind}"
        for side in ("under", "over")
        for kind in ("customer", "seller", "contact", "tax_id", "payment")
    ),
    *("in_seller", "in_customer", "repeats", "repeated_inside", "to_tallest", "index", "companies_before"),
)
