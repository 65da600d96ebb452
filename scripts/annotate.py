"""Draw one document with its fields, items and taxes: `make annotate FILE=path` writes reports/NAME.png, prints them.

Exit codes: 0 drawn, 1 the document cannot be read, 2 no such file.
"""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import anyio
from loguru import logger
from rich.console import Console
from rich.table import Table

from lib.document import FIELD_KEYS, BBox, Inquiry
from lib.errors import ExtractionError, StartupError
from lib.evaluation.canvas import Color
from lib.evaluation.cards import cards_of, shown
from lib.evaluation.page_images import page_views
from lib.evaluation.pictures import Mark, draw_document
from lib.evaluation.prediction import Prediction, from_extraction
from lib.extraction import Extraction, Item, TaxLine
from lib.pipelines.wiring import running_pipeline
from lib.settings import load_settings

REPORTS = Path("reports")
ITEM_COLOR: Color = (20, 112, 204)
TAX_COLOR: Color = (204, 66, 124)


def main() -> int:
    """Run the script."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and one file
        return _say("usage: python -m scripts.annotate FILE", 2)
    path = Path(sys.argv[1])
    if not path.is_file():
        return _say(f"{path} is not a file.", 2)
    REPORTS.mkdir(exist_ok=True)
    logger.remove()  # The table says what happened.
    try:
        return anyio.run(_annotate, path)
    except (ExtractionError, StartupError) as exc:
        return _say(f"{path.name} was not read: {exc}", 1)


async def _annotate(path: Path) -> int:
    settings = load_settings()
    content = await anyio.Path(path).read_bytes()
    async with running_pipeline(settings) as pipeline:
        extraction = await pipeline.extractor.extract(content, inquiry=Inquiry.of_parts({"details", "ocr"}))
    views = await page_views(content, settings=settings.upload, document=extraction.document)
    prediction = from_extraction(path.stem, extraction, seconds=extraction.timings_ms["total"] / 1000)
    picture = REPORTS / f"{path.stem}.png"
    subtitle = _subtitle(extraction)
    marks = [*_marks(extraction)]
    draw_document(picture, title=path.name, subtitle=subtitle, views=views, cards=cards_of(prediction), marks=marks)
    Console().print(_table(prediction))
    Console().print(_items(extraction))
    return _say(f"The picture is {picture}.", 0)


def _subtitle(extraction: Extraction) -> str:
    count = len(extraction.document.pages)
    source = {
        "ocr": "read by OCR",
        "text_layer": "from its text layer",
        "xml": "from its XML",
        "mixed": "partly by OCR",
    }
    seconds = extraction.timings_ms["total"] / 1000
    pages = "1 page" if count == 1 else f"{count} pages"
    return f"{pages} · {source[extraction.source]} · {extraction.model_version} · {seconds:.2f} s"


def _table(prediction: Prediction) -> Table:
    table = Table("field", "value", "read", "confidence", "problem")
    for key in FIELD_KEYS:
        f = prediction.of(key)
        confidence = "-" if f.confidence is None else f"{f.confidence:.2f}"
        table.add_row(key, shown(key, f.value) or "-", f.text or "-", confidence, f.problem or "-")
    return table


def _marks(extraction: Extraction) -> Iterator[Mark]:
    """A box around each item and around each row of taxes."""
    details = extraction.details
    for rows, color in ((details.items, ITEM_COLOR), (details.taxes, TAX_COLOR)) if details else ():
        for row in rows:
            yield from _mark(row, color)


def _mark(row: Item | TaxLine, color: Color) -> Iterator[Mark]:
    places = [(leaf.page_index, leaf.bbox) for leaf in row.leaves]
    page_index = next((index for index, bbox in places if bbox is not None), None)
    boxes = [bbox for index, bbox in places if bbox is not None and index == page_index]
    if page_index is not None and boxes:
        yield Mark(page_index, BBox.around(boxes), color)


def _items(extraction: Extraction) -> Table:
    names = [each.name for each in fields(Item)]
    table = Table(*names, title="items")
    for item in extraction.details.items if extraction.details else ():
        leaves = [getattr(item, name) for name in names]
        table.add_row(*("-" if leaf is None else str(leaf.value) for leaf in leaves))
    return table


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
