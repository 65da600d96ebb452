"""What a document itself says: its amounts, dates and currency marks, its number style and date order, its country.

In: an OCR document. Out: `Evidence`, computed on demand, which every rule decides by.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Generic, TypeVar

from lib.computing import in_time
from lib.document import BBox, OcrDocument
from lib.grammar.amounts import AmountMatch, NumberStyle, find_amounts, infer_style
from lib.grammar.countries import CountryWeight, detect_countries, order_of_currency
from lib.grammar.currencies import CurrencyMatch, find_currencies
from lib.grammar.currency_usage import usual_currency
from lib.grammar.dates import DateMatch, find_dates, infer_order
from lib.grammar.folding import letters_of
from lib.grammar.locales import DateOrder, LocaleWeight, currency_of_language, detect_locales, find_keywords
from lib.grammar.spans import free_of
from lib.post.lines import Line, lines_of
from lib.post.orders import goes_on, order_start
from lib.post.text_search import Tokens, tokens_of

MatchT = TypeVar("MatchT", AmountMatch, DateMatch, CurrencyMatch)

_SPOKEN = 0.1
"""Weight from which a language's words count."""

_HIGHEST_RATE = 30
"""Percent: no tax on sales is higher. Source: Hungary's 27."""

_NO_RATE = re.compile(r"(?<![\d.,])0{1,2}(?:[.,]0{1,2})? ?%")

_ORDER_LINES = 3
"""Lines below an order that may go on with it."""

SURE_OCR = 0.95
"""OCR's confidence in a line from which its letters are not doubted."""

_OF_SEVERAL_ORDERS = frozenset({None, "USD", "CAD"})
"""Currencies that people pay in all over the world, or in a country with several orders of dates; and none."""

_FEWEST_BEGINNING = 3
"""Letters of a line that a longer name begins with, at least: a stray letter says nothing about a name."""

_SURE_LOCALE = 0.5
"""Weight from which the language alone tells the order of dates."""


@dataclass(frozen=True, slots=True)
class Occurrence(Generic[MatchT]):
    """Something that stands in the document, and the line it stands in."""

    match: MatchT
    line: Line

    @property
    def bbox(self) -> BBox:
        """The box around its words, page pixels."""
        return self.line.box(self.match.start, self.match.end)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The document's own words, read by the grammar. Equal to nothing but itself, so that it is remembered by.

    Attributes:
        lines: In reading order.
        doubted: The letters and digits of lines that OCR was not sure of, and its confidence, 0..1.
    """

    lines: tuple[Line, ...]
    doubted: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, document: OcrDocument) -> "Evidence":
        """The evidence of a document with words.

        Lines in scripts that the bundled recognizer has no letters for are not doubted: the confidence of what reads
        those is lower where all is right.
        """
        pages = (page for page in document.pages if not page.script)
        spans = (span for page in pages for span in page.spans if span.confidence < SURE_OCR)
        return cls(lines_of(document), tuple((letters_of(span.text), span.confidence) for span in spans))

    def ocr_confidence(self, letters: str) -> float:
        """OCR's least confidence, 0..1, in the lines that a name stands in; 1.0 where it was sure.

        Args:
            letters: The name's letters and digits. It may begin a line, or go on where a line ends.
        """
        return min((sure for text, sure in self.doubted if _begins_alike(text, letters)), default=1.0)

    @cached_property
    def marks(self) -> tuple[Occurrence[CurrencyMatch], ...]:
        """Every currency mark."""
        return tuple(Occurrence(match, line) for line in in_time(self.lines) for match in find_currencies(line.text))

    @cached_property
    def dates(self) -> tuple[Occurrence[DateMatch], ...]:
        """Every date."""
        return tuple(Occurrence(match, line) for line in in_time(self.lines) for match in find_dates(line.text))

    @cached_property
    def style(self) -> NumberStyle:
        """How the document writes numbers."""
        locale = self.locales[0].locale if self.locales else None
        return infer_style(
            (line.text for line in self.lines),
            currency=self.usual_currency or currency_of_language(self.locales),
            decimal_hint=locale.decimal if locale else None,
            spaced_hint=locale is not None and locale.parts_thousands_with_spaces,
        )

    @cached_property
    def usual_currency(self) -> str | None:
        """The currency that most unambiguous marks stand for."""
        return usual_currency(line.text for line in in_time(self.lines))

    @cached_property
    def amounts(self) -> tuple[Occurrence[AmountMatch], ...]:
        """Every number that may be an amount of money, those inside dates left out."""
        return tuple(
            Occurrence(match, line)
            for line in in_time(self.lines)
            for match in free_of(find_amounts(line.text, style=self.style), find_dates(line.text))
            if match.may_be_money
        )

    @cached_property
    def rates(self) -> frozenset[Decimal]:
        """Every percentage that it prints and a tax can have."""
        return frozenset(rate for rates in self.rates_by_row.values() for rate in rates)

    @cached_property
    def rates_by_row(self) -> dict[int, frozenset[Decimal]]:
        """The same for each row that has one."""
        found: dict[int, set[Decimal]] = {}
        for line in in_time(self.lines):
            if "%" in line.text:
                percents = [m for m in find_amounts(line.text, style=self.style) if m.kind == "percent"]
                # OCR glues a code in front: "1 2.60%" comes as "12.60%".
                glued = [m.value % 10 ** (len(str(int(m.value))) - 1) for m in percents if m.decimals]
                usable = (rate for rate in (*(m.value for m in percents), *glued) if 1 < rate <= _HIGHEST_RATE)
                found.setdefault(line.row, set()).update(usable)
        return {row: frozenset(rates) for row, rates in found.items()}

    @cached_property
    def untaxed_rows(self) -> frozenset[int]:
        """The rows that print a rate of zero."""
        return frozenset(line.row for line in in_time(self.lines) if "%" in line.text and _NO_RATE.search(line.text))

    def kinds_in_row(self, row: int) -> frozenset[str]:
        """What the phrases of a row announce, in the languages that the document may be written in, and in English."""
        if row not in self._kinds:
            texts = [line.text for line in self._rows.get(row, ())]
            self._kinds[row] = frozenset(m.kind for text in texts for m in find_keywords(text, locales=self._spoken))
        return self._kinds[row]

    @cached_property
    def _kinds(self) -> dict[int, frozenset[str]]:
        """What `kinds_in_row` has been asked for: several answers stand in the same rows."""
        return {}

    @cached_property
    def _rows(self) -> dict[int, list[Line]]:
        rows: dict[int, list[Line]] = {}
        for line in self.lines:
            rows.setdefault(line.row, []).append(line)
        return rows

    @cached_property
    def tokens(self) -> Tokens:
        """Each page's words, as `find_text` compares them."""
        return tokens_of(self.lines)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """Each line's letters and digits, folded; without what a line says to a model."""
        return tuple(letters_of(line.text[: self._orders.get(_place_of(line))]) for line in self.lines)

    @property
    def gives_orders(self) -> bool:
        """Whether any line speaks to a model."""
        return bool(self._orders)

    def is_order(self, stated: Occurrence[MatchT]) -> bool:
        """Whether something stands where the document speaks to a model."""
        start = self._orders.get(_place_of(stated.line))
        return start is not None and stated.match.end > start

    @cached_property
    def _orders(self) -> dict[tuple[int, str], int]:
        """Where in a line an order starts, by the line's row and text."""
        found: dict[tuple[int, str], int] = {}
        below, page = 0, -1
        for line in in_time(self.lines):
            start = order_start(line.text)
            is_below = below > 0 and line.page_index == page
            if start is None and is_below and goes_on(line.text):
                start = 0
            below = below - 1 if start is None else _ORDER_LINES
            page = line.page_index
            if start is not None:
                found[_place_of(line)] = start
        return found

    @cached_property
    def _spoken(self) -> frozenset[str]:
        return frozenset({"en", *(found.locale.code for found in self.locales if found.weight >= _SPOKEN)})

    @cached_property
    def locales(self) -> tuple[LocaleWeight, ...]:
        """The languages it may be written in, likeliest first."""
        return detect_locales(line.text for line in in_time(self.lines))

    @cached_property
    def countries(self) -> tuple[CountryWeight, ...]:
        """The countries it may come from, likeliest first."""
        return detect_countries(line.text for line in self.lines)

    @cached_property
    def stated_order(self) -> DateOrder | None:
        """The order of numeric dates that the document's own dates tell."""
        return infer_order(stated.match for stated in self.dates)

    @cached_property
    def usual_order(self) -> DateOrder | None:
        """The order that country, language or currency suggest; None where they say nothing.

        English alone says nothing: half of its readers put the month first.
        """
        if self.countries:
            return self.countries[0].country.date_order
        if self.locales and self.locales[0].locale.code != "en" and self.locales[0].weight >= _SURE_LOCALE:
            return self.locales[0].locale.date_order
        if self.usual_currency:
            return order_of_currency(self.usual_currency)
        return None

    @property
    def is_usual_order_sure(self) -> bool:
        """Whether a sign of the country, the language, or a currency that is not used all over the world tells it."""
        if self.countries:
            return self.countries[0].is_sure or self._tells_country(self.countries[0].country.currency)
        if self.locales and self.locales[0].locale.code != "en" and self.locales[0].weight >= _SURE_LOCALE:
            return True
        return self.usual_currency not in _OF_SEVERAL_ORDERS

    def _tells_country(self, currency: str) -> bool:
        """Whether the document's marks are of this currency, and it of one country or a few with the same order."""
        return self.usual_currency == currency and currency not in _OF_SEVERAL_ORDERS


def _begins_alike(line: str, name: str) -> bool:
    """Whether a line begins with a name, or a name with a line that is long enough to be its own."""
    return line.startswith(name) or (len(line) >= _FEWEST_BEGINNING and name.startswith(line))


def _place_of(line: Line) -> tuple[int, str]:
    return line.row, line.text
