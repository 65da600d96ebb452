"""Answers are written down without keeping anybody waiting."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from fastapi.responses import JSONResponse

from apps.api_gpu import presentation
from apps.api_gpu.presentation import answered, presented
from apps.api_gpu.presentation import present as write
from apps.api_gpu.service import Served
from lib.document import FIELD_KEYS, BBox, Field, OcrDocument, Page, Span
from lib.extraction import Amounts, Details, Extraction, Item

LINE = Span("Total 12.10", BBox(0, 0, 9, 9).as_polygon(), 1.0)
DOCUMENT = OcrDocument((Page(0, 100, 100, "text_layer", spans=(LINE,)),))
SERVED = Served(
    Extraction(tuple(Field(key, None, None, 1.0) for key in FIELD_KEYS), DOCUMENT, "layout", "1", "1", "text_layer"),
    cached=False,
)


@pytest.mark.anyio
async def test_all_text_of_a_document_is_written_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop has other requests to serve."""
    seen: list[threading.Thread] = []

    def present(*args: object, **options: object) -> dict[str, object]:
        seen.append(threading.current_thread())
        return write(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(presentation, "present", present)

    full = await presented(SERVED, include=frozenset({"ocr"}))
    short = await presented(SERVED, include=frozenset())

    assert full["ocr"]["pages"][0]["spans"][0]["text"] == "Total 12.10"
    assert "ocr" not in short
    assert [thread is threading.main_thread() for thread in seen] == [False, True]


@pytest.mark.anyio
async def test_all_text_of_a_document_becomes_json_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does a batch of them, of which the framework would check every word once more in the event loop."""
    seen: list[threading.Thread] = []

    class Watched(JSONResponse):
        def render(self, content: object) -> bytes:
            seen.append(threading.current_thread())
            return super().render(content)

    monkeypatch.setattr(presentation, "JSONResponse", Watched)

    full = await answered({"ocr": {}}, include=frozenset({"ocr"}))
    short = await answered({"data": {}}, include=frozenset())

    assert (full.body, short.body) == (b'{"ocr":{}}', b'{"data":{}}')
    assert [thread is threading.main_thread() for thread in seen] == [False, True]


def test_leaf_of_the_details_is_a_cell_or_null() -> None:
    """Every key is there; what the document does not state is null."""
    price = Field("amount", Decimal("12.10"), "12,10", 0.97, 0, BBox(1, 2, 3, 4), "items_disagree")
    details = Details(amounts=Amounts(tip=Field("tip", Decimal(2), "2", 0.9)), items=(Item(amount=price),))
    extraction = replace(SERVED.extraction, details=details)

    shown = write(extraction, cached=False, request_id="r", include=frozenset({"details"}))["details"]

    assert shown["time"] is None
    assert shown["amounts"]["tip"]["value"] == 2
    assert shown["items"][0]["unit"] is None
    assert shown["items"][0]["amount"] == {
        "value": 12.1,
        "text": "12,10",
        "confidence": 0.97,
        "page_no": 1,
        "bbox": [1.0, 2.0, 3.0, 4.0],
        "problem": "items_disagree",
    }


def test_details_are_left_out_unless_they_are_asked_for() -> None:
    """So are they of `fields`."""
    shown = write(SERVED.extraction, cached=False, request_id="r", include=frozenset({"fields"}))

    assert "details" not in shown
