"""The fields beyond the six: found where the document says what they are."""

import pytest

from lib.document import EXTRA_KEYS, Answer, Question
from lib.layout_reader.reader import LayoutReader
from tests.unit.layout_reader.documents import document_of

ASKED = tuple(Question(key, "?") for key in EXTRA_KEYS)
READER = LayoutReader()

ENGLISH = """\
Harbor Office Supply Ltd
1 Quay Street, Bristol
VAT Reg No GB 980 7806 84

Bill to:
Tidewater Hotels Ltd
VAT No: GB 333 2890 39

Invoice no: HS-2025/118      Invoice date: 1 April 2025
Due date: 30 April 2025

Paper                        120.00
Total                  GBP   120.00
IBAN GB82 WEST 1234 5698 7654 32   BIC WESTGB2L
"""


def found(*pages: str) -> dict[str, str | None]:
    """What the reader finds, by key."""
    return {answer.key: answer.text for answer in READER.answer(document_of(*pages), ASKED)}


def test_extras_of_an_invoice_are_found_with_their_places() -> None:
    """Number, due date, the seller's tax number and account; not the buyer's."""
    answers = READER.answer(document_of(ENGLISH), ASKED)

    assert {answer.key: answer.text for answer in answers} == {
        "invoice_number": "HS-2025/118",
        "due_date": "30 April 2025",
        "tax_id": "GB 980 7806 84",
        "iban": "GB82 WEST 1234 5698 7654 32",
    }
    assert all(answer.bbox and answer.page_index == 0 and answer.confidence > 0.7 for answer in answers)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        pytest.param("Rechnungsnummer   RE-17/2025\nSumme   5,00 EUR", "invoice_number", "RE-17/2025", id="de beside"),
        pytest.param("Invoice number     Date\nA-17               1.2.2025", "invoice_number", "A-17", id="en below"),
        pytest.param("Facture n° 2025-031 du 3 mars 2025", "invoice_number", "2025-031", id="fr within a line"),
        pytest.param("Invoice #2281", "invoice_number", "2281", id="title with a sign"),
        pytest.param("Schlussrechnung (380) Nr. S-17 vom 1.2.2025", "invoice_number", "S-17", id="compound title"),
        pytest.param("Invoice INV/2023/03/0008", "invoice_number", "INV/2023/03/0008", id="title and letters"),
        pytest.param("St.-Nr. 201/113/40209\nUSt-IdNr. DE123456789", "tax_id", "DE123456789", id="VAT number first"),
        pytest.param("Receipt 70315582", "invoice_number", "70315582", id="title with a long number"),
        pytest.param(
            "Facture du 3 mars 2025\nN° 23 456 789 012", "invoice_number", "23 456 789 012", id="below a title"
        ),
        pytest.param("Invoice\nNUMBER        FROM\n0815          Ada BV", "invoice_number", "0815", id="a mere number"),
        pytest.param("Factura\nNUMERO:   00002 - 00001234", "invoice_number", "00002 - 00001234", id="point of sale"),
        pytest.param("Waybill Number: WB4711", "invoice_number", None, id="of a waybill"),
        pytest.param("Invoice\nNumber   Item   Qty\n4711     Screw  2", "invoice_number", None, id="of items"),
        pytest.param("Hier kehr ich ein\n0555/1234567", "tax_id", None, id="a word that is a label elsewhere"),
        pytest.param("Org.nr. 974 760 673 MVA", "tax_id", "974 760 673 MVA", id="Norwegian"),
        pytest.param("GST: 27AAPFU0939F1ZV", "tax_id", "27AAPFU0939F1ZV", id="Indian, by its check digit"),
        pytest.param(
            "Customer P.O. no. 17\nDealer GSTIN: 27AAPFU0939F1ZV", "tax_id", "27AAPFU0939F1ZV", id="below a number"
        ),
        pytest.param("Zahlbar bis zum 08.05.2025", "due_date", "08.05.2025", id="de due"),
        pytest.param("Échéance : 11 avril 2025", "due_date", "11 avril 2025", id="fr due"),
        pytest.param("Оплатить до 01.03.2025", "due_date", "01.03.2025", id="ru due"),
        pytest.param("P.IVA 00743110157", "tax_id", "00743110157", id="it tax number"),
        pytest.param("GST Reg No: 001234567890", "tax_id", "001234567890", id="my tax number"),
        pytest.param("INVOICE\n#17-204", "invoice_number", "17-204", id="sign below a title"),
        pytest.param("INVOICE #    US-001", "invoice_number", "US-001", id="title with a sign"),
        pytest.param(
            "IBAN DE00 0000 0000 0000 0000 00", "iban", "DE00 0000 0000 0000 0000 00", id="misprinted account"
        ),
        pytest.param("Werk GmbH  DE811569869", "tax_id", "DE811569869", id="VAT number without a label"),
    ],
)
def test_extra_is_found_where_it_stands(text: str, key: str, value: str) -> None:
    """Behind its label, beside it, or below it."""
    assert found(text)[key] == value


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("Invoice 12 items", "invoice_number", id="title with a short number"),
        pytest.param("Invoice date: 1.2.2025", "invoice_number", id="a date"),
        pytest.param("Invoice total 120.00", "invoice_number", id="an amount"),
        pytest.param("Payable within 30 days", "due_date", id="a term is no day"),
        pytest.param("Amount due 120.00", "due_date", id="an amount due"),
        pytest.param("Date 1.2.2025", "due_date", id="the date of issue"),
        pytest.param("VAT 20%   24.00", "tax_id", id="the tax itself"),
        pytest.param("Bill to\nTidewater Hotels\nVAT No: GB 333 2890 39", "tax_id", id="the buyer's"),
        pytest.param("Account DE00 0000 0000 0000 0000 00", "iban", id="wrong check digits"),
    ],
)
def test_extra_that_is_not_stated_is_not_answered(text: str, key: str) -> None:
    """Never a guess."""
    assert found(text)[key] is None


def test_reader_looks_only_for_what_is_asked() -> None:
    """A client that does not want the details does not wait for them."""
    answers = READER.answer(document_of(ENGLISH), (Question("iban", "?"),))

    assert [answer.key for answer in answers] == ["iban"]


def test_question_of_a_client_is_not_answered_and_not_denied() -> None:
    """Nobody looked for it: no confidence that there is nothing."""
    (answer,) = READER.answer(document_of(ENGLISH), (Question("po_number", "What is the purchase order number?"),))

    assert answer == Answer("po_number", None, 0.0, reason="not_found")
    assert not READER.can_answer("po_number")
