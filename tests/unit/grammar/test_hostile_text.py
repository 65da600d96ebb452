"""Long lines made to be slow: time grows with the length, never with its square."""

import time
from collections.abc import Callable

import pytest

from lib.grammar.amounts import find_amounts, infer_style
from lib.grammar.countries import detect_countries
from lib.grammar.currencies import find_currencies
from lib.grammar.dates import find_dates
from lib.grammar.folding import folded, plain
from lib.grammar.locales import find_keywords
from lib.grammar.numbers import NumberStyle

LENGTH = 100_000
LIMIT_S = 30.0
"""Far above what a busy machine takes, far below what a pattern of quadratic time would."""

PIECES = ["1", "1.", "1 ", "1/", "0O.", "$1 ", "+1", "1 jan "]
PARSERS: list[Callable[[str], object]] = [
    lambda text: find_amounts(text, style=NumberStyle(",", groups_with_space=True)),
    find_dates,
    find_currencies,
    find_keywords,
    lambda text: infer_style([text]),
    lambda text: detect_countries([text]),
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_long_hostile_line_is_read_in_bounded_time(piece: str) -> None:
    """100,000 characters that nearly match, over and over."""
    line = piece * (LENGTH // len(piece))
    for parse in PARSERS:
        start = time.perf_counter()
        parse(line)
        assert time.perf_counter() - start < LIMIT_S


@pytest.mark.parametrize(
    "text", ["12.50", "Ⅷ ½ ﬁ ß İ ı", "\u00a01\u202f234,56 €", "合計￥５００", "รวมทั้งสิ้น", "\ud800", "👩‍👩‍👧"]
)
def test_folding_keeps_the_length(text: str) -> None:
    """Offsets in folded text are offsets in the text."""
    assert len(plain(text)) == len(folded(text)) == len(text)


def test_folding_of_more_characters_than_are_kept_forgets_none() -> None:
    """A text of all the characters there are changes nothing for the next one."""
    before = folded("ÉTÉ 12,50 €"), plain("１２,５０")

    everything = "".join(map(chr, range(0x3400, 0xD7A4)))
    assert len(folded(everything)) == len(plain(everything)) == len(everything)

    assert (folded("ÉTÉ 12,50 €"), plain("１２,５０")) == before == ("ete 12,50 €", "12,50")
