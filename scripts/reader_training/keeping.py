"""Reads every labelled file once, the way the service does, and keeps what the reader was given.

In: folders with manifest.jsonl. Out: a file `<id>.json` for each document in the folder of kept ones: pages with words
and spans, as they are after text layers, doubts about them, OCR and pictures. Each training after that takes minutes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
from rich.progress import track

from lib.document import BBox, OcrDocument, Page, Polygon, Span, Word
from lib.errors import ExtractionError
from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.page_images import as_scan
from lib.pipelines.wiring import running_pipeline
from lib.settings import load_settings

PDF = "application/pdf"
AS_SCAN = "-as-scan"
"""What is added to the id of a PDF that was read as an image-only scan."""


def keep_documents(documents: Sequence[LabelledDocument], folder: Path) -> None:
    """Read what has not been read yet; a run that was interrupted goes on where it ended.

    Args:
        documents: Those without a file are left out; an id that ends in AS_SCAN is a PDF to be read as a scan.
        folder: Where the results are kept; made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [each for each in documents if each.path is not None and not kept_file(folder, each.id).exists()]
    if missing:
        anyio.run(_keep, missing, folder)


def kept_document(folder: Path, document_id: str) -> OcrDocument | None:
    """What was kept of one document; None where nothing was, or where the service refused its file."""
    path = kept_file(folder, document_id)
    if not path.exists():
        return None
    pages = json.loads(path.read_text(encoding="utf-8"))["pages"]
    return OcrDocument(tuple(_page_from(page) for page in pages)) if pages else None


def kept_file(folder: Path, document_id: str) -> Path:
    """Where one document is kept."""
    return folder / f"{document_id}.json"


async def _keep(documents: Sequence[LabelledDocument], folder: Path) -> None:
    settings = load_settings()
    # An e-invoice is trained on as its pages show it.
    upload = settings.upload.model_copy(update={"einvoice": False})
    ocr = settings.ocr.model_copy(update={"concurrency": 1})
    async with running_pipeline(settings.model_copy(update={"upload": upload, "ocr": ocr})) as pipeline:
        for document in track(documents, description="Reading"):
            content = await anyio.Path(str(document.path)).read_bytes()
            if document.id.endswith(AS_SCAN):
                content = await as_scan(content, settings=upload)
            try:
                pages = (await pipeline.extractor.extract(content)).document.pages
            except ExtractionError:
                pages = ()
            _write(kept_file(folder, document.id), as_text(pages))


def as_text(pages: Sequence[Page]) -> str:
    """Pages as JSON."""
    return json.dumps({"pages": [_as_json(page) for page in pages]}, ensure_ascii=False)


def _as_json(page: Page) -> dict[str, Any]:
    return {
        "page_index": page.page_index,
        "width": page.width,
        "height": page.height,
        "source": page.source,
        "legibility": page.legibility,
        "spans": [[span.text, span.polygon, span.confidence] for span in page.spans],
        "words": [[word.text, word.bbox.as_list()] for word in page.words],
    }


def _page_from(body: dict[str, Any]) -> Page:
    spans = tuple(Span(text, _polygon(corners), confidence) for text, corners, confidence in body["spans"])
    words = tuple(Word(text, BBox(*box)) for text, box in body["words"])
    return Page(**body | {"spans": spans, "words": words})


def _polygon(corners: list[list[float]]) -> Polygon:
    a, b, c, d = ((x, y) for x, y in corners)
    return a, b, c, d


def _write(path: Path, text: str) -> None:
    """The file appears whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
