"""Labelled documents as the reader sees them.

In: a folder with manifest.jsonl, and a folder of OCR results kept from an earlier run (`<id>.json`: width, height,
spans with text, polygon, confidence). Out: OCR documents with their truth. PDFs are read through their text layer.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lib.document import BBox, OcrDocument, Page, Polygon, Span
from lib.pipelines.pdf.document import PageLimits
from lib.pipelines.pdf.outline import read_outline
from lib.pipelines.tilt_prep import assemble

_LIMITS: Final = PageLimits(max_pages=50, max_pixels=80_000_000, render_dpi=200)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One document and what it says.

    Attributes:
        id: As in the manifest.
        source: Which collection it comes from.
        truth: Field -> printed form of the value: ISO date, ISO 4217 code, decimal number, name.
        document: Its words.
        absent: Fields that it surely does not state.
    """

    id: str
    source: str
    truth: dict[str, str]
    document: OcrDocument
    absent: frozenset[str] = frozenset()


def load(root: Path, *, ocr_cache: Path, kept_only: bool = False) -> Iterator[Labelled]:
    """Every document of the manifest that can be read: from kept OCR results, a text layer, or labelled boxes.

    Args:
        root: Has manifest.jsonl.
        ocr_cache: Has the kept OCR results.
        kept_only: Leave out what has none.
    """
    with (root / "manifest.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if kept_only and not (ocr_cache / f"{row['id']}.json").exists():
                continue
            document = _document(row, root=root, ocr_cache=ocr_cache)
            if document is not None:
                yield Labelled(row["id"], row["source"], row["truth"], document)


def _document(row: dict[str, Any], *, root: Path, ocr_cache: Path) -> OcrDocument | None:
    kept = ocr_cache / f"{row['id']}.json"
    if kept.exists():
        return assemble(_kept_pages(json.loads(kept.read_text(encoding="utf-8"))))
    if row["mime"] == "application/pdf":
        pages = [outlined.page for outlined in read_outline(str(root / row["path"]), _LIMITS).pages]
        return assemble(pages) if all(page.source == "text_layer" for page in pages) else None
    if row["ocr"] and row["ocr"].endswith(".csv"):
        return assemble([_page(_csv_spans(root / row["ocr"]))])
    return None


def _kept_pages(kept: dict[str, Any]) -> list[Page]:
    pages = kept.get("pages") or [kept]
    return [
        Page(
            page_index=index,
            width=page["width"],
            height=page["height"],
            source="ocr",
            spans=tuple(
                Span(span["text"], _polygon([c for point in span["polygon"] for c in point]), span["confidence"])
                for span in page["spans"]
            ),
        )
        for index, page in enumerate(pages)
    ]


def _csv_spans(path: Path) -> tuple[Span, ...]:
    """Lines of x1,y1,...,x4,y4,text; the text may hold commas."""
    spans = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = line.split(",", 8)
        if len(parts) == 9 and parts[8].strip():
            spans.append(Span(" ".join(parts[8].split()), _polygon([float(part) for part in parts[:8]]), 1.0))
    return tuple(spans)


def _polygon(values: list[float]) -> Polygon:
    (a, b), (c, d), (e, f), (g, h) = zip(values[::2], values[1::2], strict=True)
    return (a, b), (c, d), (e, f), (g, h)


def _page(spans: tuple[Span, ...]) -> Page:
    box = BBox.around(span.bbox for span in spans)
    return Page(page_index=0, width=int(box.x1) + 20, height=int(box.y1) + 20, source="ocr", spans=spans)
