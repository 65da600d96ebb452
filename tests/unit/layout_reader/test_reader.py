import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.document import Answer, BBox, OcrDocument, Page, Question, Word
from lib.layout_reader.reader import LayoutReader
from tests.unit.layout_reader.documents import QUESTIONS, document_of

RECEIPT = """       HARBOUR TEA ROOM LTD
         4 Quay Street
       Tel: 01234 567890

Date: 14/03/2021   10:22

Tea                     £2.50
Scone                   £3.50
Subtotal                £6.00
VAT 20%                 £1.20
TOTAL                   £7.20
CASH                   £10.00
CHANGE                  £2.80
"""

DISCOUNTED = """SUPERMERCADO LAGOA LTDA
CNPJ: 12.345.678/0001-95
Data: 14/04/2024

Arroz 5kg          27,90
Feijao             14,98
Cafe 500g          18,29
VALOR TOTAL R$     61,17
DESCONTO R$         3,00
VALOR A PAGAR R$   58,17
Cartao de Debito   58,17
"""

CHANGE_ONLY = """MINIMART HOA SEN
HOA DON BAN HANG
Thoi gian: 20-08-20 18:31

Sua tuoi          1   68,000   68,000
Keo mut           4    5,000   20,000
Tong tien hang:                88,000
Chiet khau:                         0
Tong thanh toan:               88,000
Tien khach dua:               100,000
Tra lai:                       12,000
"""

INVOICE = """Blue Fern Software GmbH                         Invoice

Bill to                        Invoice number   INV-0042
Copperleaf Ltd                 Invoice date     March 3, 2024
9 Oak Lane                     Due date         April 2, 2024

Description            Qty     Unit price       Amount
Team plan              2       $40.00           $80.00
Extra storage          1       $20.00           $20.00

                               Subtotal         $100.00
                               Sales tax        $8.25
                               Amount due       $108.25
"""


@pytest.fixture(scope="module")
def reader() -> LayoutReader:
    """The reader with its own model."""
    return LayoutReader()


def _texts(reader: LayoutReader, document: OcrDocument) -> dict[str, str | None]:
    return {answer.key: answer.text for answer in reader.answer(document, QUESTIONS)}


def test_reader_receipt_gives_its_fields(reader: LayoutReader) -> None:
    """A plain receipt is read whole, the total rather than cash or change."""
    found = _texts(reader, document_of(RECEIPT))

    assert found == {
        "merchant": "HARBOUR TEA ROOM LTD",
        "date": "14/03/2021",
        "currency": "£",
        "subtotal": "£6.00",
        "tax_amount": "£1.20",
        "total": "£7.20",
    }


def test_reader_receipt_without_tax_has_none(reader: LayoutReader) -> None:
    """Change that makes 88 up to 100, as a tax would, is change."""
    found = _texts(reader, document_of(CHANGE_ONLY))

    assert (found["tax_amount"], found["total"]) == (None, "88,000")


def test_reader_total_before_a_discount_is_not_what_is_paid(reader: LayoutReader) -> None:
    """Of two totals with a discount between, the one that is left counts."""
    found = _texts(reader, document_of(DISCOUNTED))

    assert found["total"] == "58,17"


def test_reader_invoice_takes_issuer_not_customer(reader: LayoutReader) -> None:
    """The seller, not who is billed; the invoice's date, not the due date."""
    found = _texts(reader, document_of(INVOICE))

    assert (found["merchant"], found["date"]) == ("Blue Fern Software GmbH", "March 3, 2024")
    assert (found["subtotal"], found["tax_amount"], found["total"]) == ("$100.00", "$8.25", "$108.25")


def test_reader_total_with_its_currency_apart_is_not_in_the_one_it_is_converted_to(reader: LayoutReader) -> None:
    """A code in the total's row counts for more than one beside another number."""
    receipt = (
        "Gasthof Linde\n8400 Winterthur\n14.03.2021\nMenu      36.00\nTotal CHF      36.00\nEUR 37.80 bei Kurs 1.05"
    )

    assert _texts(reader, document_of(receipt))["currency"] == "CHF"


def test_reader_document_without_words_answers_nothing(reader: LayoutReader) -> None:
    """No words, no values: every answer says so."""
    answers = reader.answer(document_of(""), QUESTIONS)

    assert [(answer.text, answer.reason) for answer in answers] == [(None, "not_found")] * 6


def test_reader_text_without_values_answers_no_amounts(reader: LayoutReader) -> None:
    """A letter has no amounts; none is made up."""
    found = _texts(reader, document_of("Dear Sir\nthank you for your visit"))

    assert (found["subtotal"], found["tax_amount"], found["total"], found["date"]) == (None, None, None, None)


def test_reader_unknown_question_has_no_answer(reader: LayoutReader) -> None:
    """A key that the reader does not know is answered with none."""
    (answer,) = reader.answer(document_of(RECEIPT), [Question("iban", "?")])

    assert answer == Answer("iban", None, 1.0, reason="not_found")


def test_reader_answers_in_order_of_questions(reader: LayoutReader) -> None:
    """One answer for each question, in their order."""
    answers = reader.answer(document_of(RECEIPT), QUESTIONS[::-1])

    assert [answer.key for answer in answers] == [question.key for question in QUESTIONS[::-1]]


def test_reader_twice_is_the_same(reader: LayoutReader) -> None:
    """The same words give the same answers, in another instance too."""
    document = document_of(INVOICE)

    assert reader.answer(document, QUESTIONS) == LayoutReader().answer(document, QUESTIONS)


def test_reader_second_page_total_is_found_there(reader: LayoutReader) -> None:
    """A total on the last page is answered with that page."""
    head, foot = INVOICE.split("Extra storage", 1)
    answers = reader.answer(document_of(head, "Extra storage" + foot), QUESTIONS)

    total = next(answer for answer in answers if answer.key == "total")
    assert (total.text, total.page_index) == ("$108.25", 1)


@pytest.mark.anyio
async def test_reader_read_answers_as_answer_does(reader: LayoutReader) -> None:
    """The asynchronous face gives what the synchronous one gives."""
    document = document_of(RECEIPT)

    assert await reader.read(document, QUESTIONS) == reader.answer(document, QUESTIONS)


_coordinate = st.floats(min_value=0, max_value=2000, allow_nan=False)
_text = st.one_of(
    st.text(min_size=1, max_size=12).filter(lambda text: not any(c.isspace() for c in text)),
    st.sampled_from(["TOTAL", "Tax", "12.50", "1.234,56", "RM", "€", "01/02/2020", "GmbH", "Subtotal:", "5%", "-3.00"]),
    st.text(string.digits + ".,-/", min_size=1, max_size=8),
)


@st.composite
def _words(draw: st.DrawFn) -> Word:
    x, y = draw(_coordinate), draw(_coordinate)
    width, height = draw(st.floats(0, 300)), draw(st.floats(0, 60))
    return Word(draw(_text), BBox(x, y, x + width, y + height))


@settings(max_examples=60, deadline=None)
@given(pages=st.lists(st.lists(_words(), max_size=25), min_size=1, max_size=3))
def test_reader_any_words_never_raise_nor_invent(reader: LayoutReader, pages: list[list[Word]]) -> None:
    """Whatever stands wherever: no exception, and every answer is made of the document's words."""
    document = OcrDocument(
        tuple(Page(index, 2400, 2400, "ocr", words=tuple(words)) for index, words in enumerate(pages))
    )

    answers = reader.answer(document, QUESTIONS)

    known = {word.text for page in document.pages for word in page.words}
    for answer in answers:
        assert 0 <= answer.confidence <= 1
        assert all(any(part in text for text in known) for part in (answer.text or "").split())


def test_reader_currency_of_the_total_stands_against_a_note_in_another(reader: LayoutReader) -> None:
    """A code in the total's own row decides, however many amounts a note converts."""
    invoice = """
Bluefin Components Ltd      INVOICE
Date: 04 Apr 2025
Sensor board                4,300.00
Net USD                     4,300.00
VAT 23% USD                   989.00
Total USD                   5,289.00
VAT in EUR at 1 EUR = 1.0810 USD: net 3,977.80 EUR, VAT 914.89 EUR, total 4,892.69 EUR
"""
    assert _texts(reader, document_of(invoice))["currency"] == "USD"
