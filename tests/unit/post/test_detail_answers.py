"""What becomes of a reader's answers to the details' questions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lib.document import Field
from lib.extraction import ASKED_DETAILS, Details, References, Supplier
from lib.post.cross_check import DISAGREE
from lib.post.detail_answers import checked_details
from tests.unit.layout_reader.documents import document_of
from tests.unit.post.documents import answers_of

PAGE = document_of(
    "Harbor Books Ltd\n5 Quay Street\nBristol BS1 4QA\nPhone +44 117 496 0123\nBill to\nMina Park\n"
    "Order no PO-4711\nDelivered 30.04.2025 at 9:05 PM\nShipping 4.50\nPaid -20.00\nTotal 54.50\nBIC DEUTDEFF"
)
TOTAL = Field("total", Decimal("54.50"), "54.50", 0.9)
EMBEDDED = Details(
    supplier=Supplier(name=Field("name", "Harbor Books Ltd", "Harbor Books Ltd", 0.9)),
    references=References(order_number=Field("order_number", "PO-4711", "PO-4711", 0.9)),
)


def told(**texts: str) -> tuple[Details, tuple[str, ...]]:
    """The details after these answers."""
    return checked_details(EMBEDDED, answers_of(0.8, **texts), document=PAGE, fields=[TOTAL])


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        pytest.param("time", "9:05 PM", "21:05", id="time"),
        pytest.param("supplier.address", "5 Quay Street\nBristol", "5 Quay Street, Bristol", id="address"),
        pytest.param("supplier.address", "Bristol, 5 Quay Street", "Bristol, 5 Quay Street", id="apart"),
        pytest.param("supplier.phone", "Phone +44 117 496 0123", "+44 117 496 0123", id="phone"),
        pytest.param("customer.name", "MINA  PARK", "MINA PARK", id="name"),
        pytest.param("references.delivery_date", "2025-04-30", date(2025, 4, 30), id="day"),
        pytest.param("payment.bic", "DEUTDEFF", "DEUTDEFF", id="bic"),
        pytest.param("amounts.shipping", "4.50", Decimal("4.50"), id="amount"),
        pytest.param("amounts.prepaid", "-20.00", Decimal("20.00"), id="amount without its sign"),
        pytest.param("amounts.amount_due", "54.50", Decimal("54.50"), id="total that is due"),
    ],
)
def test_answer_that_stands_in_the_document_is_typed(path: str, text: str, value: object) -> None:
    """As the leaf is, with its place."""
    details, by_reader = told(**{path.replace(".", "_"): text})
    group, _, key = path.rpartition(".")
    leaf = getattr(getattr(details, group) if group else details, key)

    assert by_reader == (path,)
    assert (leaf.key, leaf.value, leaf.page_index) == (key, value, 0)
    assert leaf.bbox is not None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("supplier.phone", "+44 117 496 9999", id="not in the document"),
        pytest.param("supplier.phone", "PO-4711", id="of another form"),
        pytest.param("supplier.email", "Quay Street", id="no mail address"),
        pytest.param("supplier.address", "5 Quay Street, Leeds", id="a line is invented"),
        pytest.param("payment.bic", "Bristol", id="no bank"),
        pytest.param("references.delivery_date", "2025-05-01", id="another day"),
        pytest.param("customer.name", "Harbor Books", id="the seller"),
        pytest.param("amounts.tip", "54.50", id="the total"),
        pytest.param("amounts.tip", "7.00", id="no such amount"),
        pytest.param("payment.terms", "x" * 300, id="too long"),
    ],
)
def test_answer_of_another_kind_counts_for_nothing(path: str, text: str) -> None:
    """The embedded reader's details stay as they are."""
    assert told(**{path.replace(".", "_"): text}) == (EMBEDDED, ())


def test_readers_that_agree_make_the_embedded_cell_surer() -> None:
    """Its place is exact."""
    details, by_reader = told(references_order_number="PO 4711")
    leaf = details.references.order_number

    assert leaf is not None
    assert leaf.confidence > 0.9
    assert replace(leaf, confidence=0.9) == EMBEDDED.references.order_number
    assert by_reader == ("references.order_number",)


def test_readers_that_differ_are_doubted() -> None:
    """The reader that was asked is given, as with the six fields."""
    details, _ = told(references_order_number="DEUTDEFF 4711", customer_tax_id="none")
    assert details == EMBEDDED

    details, _ = told(references_order_number="BS1")
    leaf = details.references.order_number

    assert leaf is not None
    assert (leaf.value, leaf.problem) == ("BS1", DISAGREE)
    assert leaf.confidence < 0.5


def test_every_detail_that_is_asked_for_is_a_leaf() -> None:
    """Of its group, or of the document."""
    for path in ASKED_DETAILS:
        group, _, key = path.rpartition(".")
        holder = getattr(Details(), group) if group else Details()
        assert hasattr(holder, key), path
