"""lib/pipelines/einvoice/page_check.py: a total that no page shows is noticed, in every way of writing it."""

from decimal import Decimal

import pytest

from lib.document import BBox, Page, PageSource, Span
from lib.pipelines.einvoice.invoice import EInvoice
from lib.pipelines.einvoice.page_check import disagrees_with_pages


def page(*lines: str, source: PageSource = "text_layer") -> Page:
    """A page that shows lines."""
    box = BBox(0, 0, 100, 10).as_polygon()
    return Page(0, 1000, 1400, source, tuple(Span(line, box, 1.0) for line in lines))


def invoice(total: str | None) -> EInvoice:
    """An invoice over a total."""
    return EInvoice("Öxl KG", None, "EUR", None, None, None if total is None else Decimal(total))


@pytest.mark.parametrize(
    ("total", "lines"),
    [
        pytest.param("1317.33", ["Gesamt 1.317,33 €"], id="German"),
        pytest.param("1317.33", ["Total: €1,317.33"], id="English"),
        pytest.param("1317.33", ["Total 1 317,33 EUR", "TVA 210,33", "HT 1 107,00"], id="French"),
        pytest.param("2000", ["Gesamt 2.000 €"], id="thousands only"),
        pytest.param("2000.00", ["Gesamt 2000"], id="bare"),
        pytest.param("59.5", ["Gutschrift -59,50 EUR"], id="negative on the page"),
        pytest.param("-59.50", ["Gutschrift 59,50 EUR"], id="negative in the XML"),
        pytest.param("300", ["8.000,00", "300.00 EUR"], id="in another style than the rest"),
    ],
)
def test_disagrees_total_on_the_page_does_not(total: str, lines: list[str]) -> None:
    """However the page writes it."""
    assert not disagrees_with_pages(invoice(total), [page("Rechnung"), page(*lines)])


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Gesamt 131,73 €"], id="another amount"),
        pytest.param(["Rechnung 1317"], id="the same without its cents"),
        pytest.param(["Gesamt 1.317,34 €"], id="a cent more"),
        pytest.param(["Rabatt 1317,33 %"], id="a percentage"),
        pytest.param([], id="an empty page"),
    ],
)
def test_disagrees_total_on_no_page_does(lines: list[str]) -> None:
    """Other numbers do not count as the total."""
    assert disagrees_with_pages(invoice("1317.33"), [page(*lines)])


@pytest.mark.parametrize(
    ("total", "pages"),
    [
        pytest.param("1317.33", [], id="no pages"),
        pytest.param("1317.33", [page(source="ocr")], id="a page without a text layer"),
        pytest.param("1317.33", [page("1,00 €"), page(source="ocr")], id="one of two without"),
        pytest.param(None, [page("1,00 €")], id="no total in the XML"),
    ],
)
def test_disagrees_without_anything_to_compare_does_not(total: str | None, pages: list[Page]) -> None:
    """No warning without evidence."""
    assert not disagrees_with_pages(invoice(total), pages)
