"""What goes into Redis comes out again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.api_gpu.presentation import present
from lib.document import BBox, Field, OcrDocument, Page, Span, Word
from lib.extraction import Amounts, Details, Extraction, Item, References, Review, Supplier, TaxLine
from lib.jobs.records import Failure, FileId
from lib.jobs.results import decode, encode

BOX = BBox(1.5, 2.25, 30.125, 40)


def extraction(merchant: str | None, total: Decimal | None, day: date | None) -> Extraction:
    """One with these values, and with text."""
    values = {
        "merchant": merchant,
        "date": day,
        "currency": "EUR",
        "subtotal": None,
        "tax_amount": None,
        "total": total,
    }
    fields = tuple(Field(key, value, merchant, 0.5, page_index=0, bbox=BOX) for key, value in values.items())
    span = Span("Total 1.00", BOX.as_polygon(), 0.9, words=(Word("Total", BOX),))
    page = Page(0, 100, 200, "ocr", spans=(span,), words=span.words, rotation=90)
    return Extraction(fields, OcrDocument((page,)), "layout", "layout-1", "2026", "ocr", True, ("w",), {"ocr": 1.5})


@given(
    merchant=st.none() | st.text(),
    total=st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    day=st.none() | st.dates(),
)
def test_extraction_is_presented_as_if_it_had_never_been_away(
    merchant: str | None, total: Decimal | None, day: date | None
) -> None:
    """A job's result is what /v1/extract would have answered, with every part that may be asked for."""
    extras = (Field("due_date", day, "text", 0.5), Field("po_number", merchant, merchant, 0.5, 0, BOX))
    made = replace(extraction(merchant, total, day), extras=extras, review=Review(("missing_field",)))
    kept = decode(encode(made, with_text=True))

    assert isinstance(kept, Extraction)
    assert (kept.fields, kept.extras) == (made.fields, made.extras)
    everything = frozenset({"fields", "ocr"})
    assert present(kept, cached=False, request_id="r", include=everything) == present(
        made, cached=False, request_id="r", include=everything
    )


def test_text_that_nobody_asked_for_is_not_kept() -> None:
    """A document's text is long, and nobody's business in Redis."""
    made = extraction("Shop", Decimal("1.00"), None)

    kept = decode(encode(made, with_text=False))

    assert b"Total 1.00" not in encode(made, with_text=False)
    assert isinstance(kept, Extraction)
    assert len(kept.document.pages) == 1


def test_failure_comes_back() -> None:
    """Code and detail."""
    assert decode(encode(Failure("a", "b"), with_text=True)) == Failure("a", "b")


def test_file_id_is_parsed_from_its_text_and_from_an_entry_of_the_queue() -> None:
    """Entries carry a suffix of their own."""
    file = FileId("0123456789abcdef" * 2, 12)

    assert FileId.parse(str(file)) == file
    assert FileId.parse(f"{file}-1a2b") == file


@pytest.mark.parametrize("text", ["", "x-1", "0123456789abcdef" * 2, "0123456789abcdef" * 2 + "-x"])
def test_what_is_no_file_id_is_refused(text: str) -> None:
    """Nothing else becomes a path or a key."""
    with pytest.raises(ValueError, match="not a file"):
        FileId.parse(text)


def test_details_come_out_as_they_went_in() -> None:
    """Numbers, days and texts keep their types, whatever a client calls its own questions."""
    own = Field("amount", "a text", "a text", 0.9)
    details = Details(
        language=Field("language", "de", None, 0.9),
        supplier=Supplier(name=Field("name", "Öxl KG", "Öxl KG", 0.9, 0, BOX)),
        references=References(due_date=Field("due_date", date(2025, 4, 7), "7.4.25", 0.9)),
        amounts=Amounts(tip=Field("tip", Decimal("2.00"), "2,00", 0.8)),
        taxes=(TaxLine(rate=Field("rate", Decimal(19), "19 %", 0.9)),),
        items=(Item(), Item(amount=Field("amount", Decimal("1.10"), "1,10", 0.7, problem="items_disagree"))),
    )
    made = replace(extraction("Öxl KG", None, None), extras=(own,), details=details, details_by_reader=("amounts.tip",))

    kept = decode(encode(made, with_text=False))

    assert isinstance(kept, Extraction)
    assert (kept.details, kept.extras) == (details, (own,))


def test_result_from_before_there_were_details_is_read() -> None:
    """A worker of the last version wrote it."""
    body = encode(extraction("Öxl KG", None, None), with_text=False).replace(b',"details":null', b"")

    kept = decode(body)

    assert isinstance(kept, Extraction)
    assert kept.details is None
