"""A brand and the company below it."""

import numpy as np
import pytest

from lib.layout_reader.merchant.brands import prefer_brand
from lib.layout_reader.merchant.candidates import merchant_candidates
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of

SLIP = "PALAST BURGER\nNord Betriebs GmbH\nAm Tor 5\nSumme              5,00"


def _chosen(document: str, *, brand: float = 0.8) -> str:
    """The name that is taken where the company is a little likelier than the line above it."""
    seen = parse_document(document_of(document))
    candidates = merchant_candidates(seen)
    likely = np.asarray([brand if each.place.cell.row == 0 else 0.1 for each in candidates])
    company = next(i for i, each in enumerate(candidates) if each.place.cell.row == 1 and each.more is None)
    likely[company] = 0.9
    likely[[i for i, each in enumerate(candidates) if each.more]] = 0.1
    return candidates[prefer_brand(seen, candidates, likely)].text


def test_brand_over_the_company_that_runs_a_shop_is_preferred() -> None:
    """Both are likely: customers know the upper one."""
    assert _chosen(SLIP) == "PALAST BURGER"


@pytest.mark.parametrize(
    ("document", "brand"),
    [
        pytest.param(SLIP, 0.4, id="the line above is hardly a name"),
        pytest.param(SLIP.replace("GmbH", "Sdn Bhd"), 0.8, id="a legal form that shops bear themselves"),
        pytest.param(SLIP.replace("Summe", "Summe" + 60 * " "), 0.8, id="a letter's page"),
        pytest.param(SLIP.replace("BURGER", "AG"), 0.8, id="two companies"),
        pytest.param(SLIP.replace("BURGER", "2 0731"), 0.8, id="a branch and its number"),
    ],
)
def test_company_is_kept_where_the_line_above_is_no_brand(document: str, brand: float) -> None:
    """The likeliest name is the answer, as ever."""
    assert _chosen(document, brand=brand).startswith("Nord Betriebs")


@pytest.mark.parametrize(
    ("form", "name"),
    [
        pytest.param("Sdn Bhd", "Nord Makan Sdn Bhd", id="whose law wants the registered name"),
        pytest.param("GmbH", "PALAST BURGER", id="of any other country"),
    ],
)
def test_registered_name_below_a_likelier_line_is_preferred_in_malaysia(form: str, name: str) -> None:
    """Whoever sells is named under its sign, or under whose stamp it bears."""
    assert _chosen(SLIP.replace("Betriebs GmbH", f"Makan {form}"), brand=0.95) == name
