"""What goes into Redis comes out again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.api_gpu.presentation import present
from lib.document import BBox, Field, OcrDocument, Page, Span, Word
from lib.extraction import Extraction
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
    made = replace(extraction(merchant, total, day), extras=extras)
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
