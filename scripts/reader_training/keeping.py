"""Reads every labelled document once and keeps what OCR saw, so that each training after that takes minutes.

In: a folder with manifest.jsonl. Out: a file `<id>.json` for each document of it that needs OCR, as `labelled.py` reads
them: pages with width, height, and spans with text, polygon, confidence.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import anyio
from rich.progress import track

from lib.evaluation.dataset import LabelledDocument, load_folder
from lib.evaluation.page_images import as_scan
from lib.pipelines.images.orientation import turned
from lib.pipelines.ocr import OcrPool
from lib.pipelines.pages import open_upload
from lib.settings import UploadSettings, load_settings

PDF = "application/pdf"


def keep_ocr(root: Path, folder: Path, *, scans: bool = False) -> None:
    """Read what has not been read yet; a run that was interrupted goes on where it ended.

    Args:
        root: Has manifest.jsonl.
        folder: Where the results are kept; made if it is missing.
        scans: Read the PDFs, as image-only scans, instead of the pictures.

    Raises:
        ExtractionError: A document cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    documents = [document for document in load_folder(root) if document.path is not None]
    wanted = [document for document in documents if (document.media_type == PDF) is scans]
    missing = [document for document in wanted if not _kept(folder, document).exists()]
    if missing:
        anyio.run(_keep, missing, folder)


async def _keep(documents: Sequence[LabelledDocument], folder: Path) -> None:
    settings = load_settings()
    ocr = OcrPool.load(settings.ocr.model_copy(update={"concurrency": 1}))
    for document in track(documents, description="OCR"):
        content = await anyio.Path(str(document.path)).read_bytes()
        if document.media_type == PDF:
            content = await as_scan(content, settings=settings.upload)
        pages = await _read(content, ocr, settings.upload)
        _write(_kept(folder, document), json.dumps({"pages": pages}, ensure_ascii=False))


async def _read(content: bytes, ocr: OcrPool, settings: UploadSettings) -> list[dict[str, object]]:
    pages = []
    async with open_upload(content, settings=settings) as opened:
        for page in opened.pages:
            image = await opened.image(page)
            found = await ocr.recognize(image)
            height, width = turned(image, found.rotation).shape[:2]
            spans = [{"text": s.text, "polygon": s.polygon, "confidence": s.confidence} for s in found.spans]
            pages.append({"width": width, "height": height, "spans": spans})
    return pages


def _write(path: Path, text: str) -> None:
    """The file appears whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _kept(folder: Path, document: LabelledDocument) -> Path:
    return folder / f"{document.id}.json"
