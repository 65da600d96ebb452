"""What draws the samples: sums, wording, and layouts that keep every text in its place."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import TypeAlias

import pytest

from scripts.samples import catalog
from scripts.samples.bill import Bill, Item, Party, Statement
from scripts.samples.catalog import Sample, samples
from scripts.samples.fonts import text_width, wrapped
from scripts.samples.paper import Pen, Sheet
from scripts.samples.wording import locales

Corners: TypeAlias = tuple[float, float, float, float]

every_sample = pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.name) for sample in samples()])


def _named(name: str) -> Sample:
    return next(sample for sample in samples() if sample.name == name)


def _bill(*items: Item, statement: Statement = "added", currency: str = "USD") -> Bill:
    return Bill("receipt", Party("Corner Shop"), "1", date(2025, 1, 2), currency, items, statement)


@every_sample
def test_sheets_have_no_text_over_another_or_off_the_paper(sample: Sample) -> None:
    """Every text has its place to itself, inside the page."""
    for sheet in sample.sheets():
        placed = [(text.text, text.box) for text in sheet.texts]
        assert [text for text, box in placed if not _inside(box, sheet)] == []
        assert [(a, b) for (a, box), (b, other) in combinations(placed, 2) if _overlap(box, other)] == []


def _inside(box: Corners, sheet: Sheet) -> bool:
    x0, y0, x1, y1 = box
    return x0 >= 0 and y0 >= 0 and x1 <= sheet.width and y1 <= sheet.height


def _overlap(first: Corners, second: Corners) -> bool:
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = first, second
    return ax0 < bx1 and bx0 < ax1 and ay0 < by1 and by0 < ay1


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("added", ("10.05", "2.01", "12.06"), id="tax comes on top"),
        pytest.param("table", ("8.38", "1.67", "10.05"), id="tax is inside and broken down"),
        pytest.param("included", (None, "1.67", "10.05"), id="tax is inside"),
        pytest.param("untaxed", (None, None, "10.05"), id="no tax is stated"),
    ],
)
def test_bill_truth_follows_how_tax_is_stated(statement: Statement, expected: tuple[str | None, ...]) -> None:
    """Net and tax are truth only where the document states them."""
    rate = Decimal(0) if statement == "untaxed" else Decimal(20)

    truth = _bill(Item("Tea", Decimal("3.35"), quantity=Decimal(3), rate=rate), statement=statement).truth

    assert (truth["subtotal"], truth["tax_amount"], truth["total"]) == expected


def test_bill_in_a_currency_without_cents_rounds_to_whole_units() -> None:
    """Tax on rupiah has no decimals."""
    bill = _bill(Item("Kopi", Decimal(22005), rate=Decimal(10)), currency="IDR")

    assert (bill.truth["tax_amount"], bill.truth["total"]) == ("2201", "24206")


@pytest.mark.parametrize(
    ("layout", "statement"),
    [
        pytest.param("letter", "included", id="an invoice adds its tax"),
        pytest.param("fiscal", "added", id="a fiscal printer's tax is inside"),
        pytest.param("kiosk", "table", id="a kiosk has no room for a table"),
    ],
)
def test_layout_that_cannot_state_the_tax_refuses_the_bill(layout: str, statement: Statement) -> None:
    """No paper contradicts its truth."""
    with pytest.raises(ValueError, match="This layout states tax as"):
        catalog.LAYOUTS[layout](_bill(Item("Tea", Decimal(3)), statement=statement), locales()["de-DE"])


@pytest.mark.parametrize(
    ("locale", "number", "day"),
    [
        pytest.param("en-US", "1,234.50", "03/14/2025", id="american"),
        pytest.param("de-DE", "1.234,50", "14.03.2025", id="german"),
        pytest.param("fr-CH", "1'234.50", "14 mars 2025", id="swiss"),
        pytest.param("ru-RU", "1\u00a0234,50", "14 марта 2025 г.", id="russian"),
    ],
)
def test_wording_writes_numbers_and_dates_as_the_locale_does(locale: str, number: str, day: str) -> None:
    """Separators, order and months follow the table."""
    words = locales()[locale]

    assert words.number(Decimal("1234.50")) == number
    assert words.date(date(2025, 3, 14)) == day


def test_wording_relabeled_replaces_only_what_is_named() -> None:
    """A sample may say TOTAL DUE where its country says TOTAL."""
    words = locales()["en-US"].relabeled({"total": "TOTAL DUE"})

    assert (words.label("total"), words.label("subtotal")) == ("TOTAL DUE", "Subtotal")


def test_pen_refuses_text_that_runs_off_the_paper() -> None:
    """A description that does not fit its layout fails instead of being cut."""
    pen = Pen(100, margin=10, face="mono", size=10)

    with pytest.raises(ValueError, match="runs off the sheet"):
        pen.write("far too long for so narrow a roll")


def test_pen_refuses_a_sheet_that_is_too_short() -> None:
    """What stands below the end of a page would be lost."""
    pen = Pen(100, margin=10, face="mono", size=10)
    pen.feed(10)

    with pytest.raises(ValueError, match="of 100 points"):
        pen.sheet(100)


def test_text_width_of_an_unknown_letter_is_refused() -> None:
    """No sample shows the empty boxes of a missing glyph."""
    with pytest.raises(ValueError, match="cannot draw"):
        text_width("合計", face="mono", size=10)


def test_wrapped_breaks_between_words_and_keeps_them_all() -> None:
    """Every line fits, and nothing is lost."""
    lines = wrapped("one two three four five", face="mono", size=10, width=60)

    assert " ".join(lines) == "one two three four five"
    assert len(lines) > 1
    assert max(text_width(line, face="mono", size=10) for line in lines) <= 60


def test_invoice_of_many_items_carries_its_sum_to_the_next_page() -> None:
    """What the first page carries forward is what the second brings forward."""
    sample = _named("invoice-usd-two-pages")

    first, second = (" ".join(text.text for text in sheet.texts) for sheet in sample.sheets())

    assert "Carried forward 12,212.02" in first
    assert "Brought forward 12,212.02" in second


def test_invoice_without_room_for_totals_puts_them_on_a_new_page() -> None:
    """Totals are never squeezed into the foot."""
    sample = _named("invoice-usd-two-pages")
    bill = replace(sample.bill, items=sample.bill.items[:27])

    first, second = (
        " ".join(text.text for text in sheet.texts) for sheet in catalog.LAYOUTS["banner_us"](bill, sample.wording)
    )

    assert "Index cards" in first
    assert "TOTAL DUE" in second
