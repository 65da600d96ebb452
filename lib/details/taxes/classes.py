"""Tax classes: the letters behind the amounts of a receipt, and the rows that explain them.

In: lines. Out: the rate of each class. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from lib.details.rows import Line, Number
from lib.details.taxes.tax_row import is_rate

_CLASS: Final = re.compile(r"\W*([A-Z]|\d(?=\W))[\W_]{0,3}(?:[A-Z][A-Za-z.]{1,6}\W{1,2})?\d{1,2}(?:[.,]\d{1,3})?\s?%")
"""A row that explains a tax class: "A 7 %", "B=19,0%", "B-TVA 9%"."""


def tax_classes(lines: Sequence[Line]) -> Mapping[str, tuple[Line, Number]]:
    """The rate of each tax class that a document explains, and the row that does."""
    classes: dict[str, tuple[Line, Number]] = {}
    for line in lines:
        match = _CLASS.match(line.text)
        rate = next((number for number in line.numbers if is_rate(number)), None)
        if match and rate and match.end() >= rate.end:
            classes.setdefault(match[1], (line, rate))
    return classes
