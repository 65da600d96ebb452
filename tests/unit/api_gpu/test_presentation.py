"""Answers are written down without keeping anybody waiting."""

import threading

import pytest
from fastapi.responses import JSONResponse

from apps.api_gpu import presentation
from apps.api_gpu.presentation import answered, presented
from apps.api_gpu.presentation import present as write
from apps.api_gpu.service import Served
from lib.document import FIELD_KEYS, BBox, Field, OcrDocument, Page, Span
from lib.extraction import Extraction

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
