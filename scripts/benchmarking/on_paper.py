"""The tables of docs/performance.md that need no service: `python -m scripts.benchmarking.on_paper`.

In: nothing. Out: the sections `sizing` and `tilt-client` of docs/performance.md, written anew.
"""

import sys
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

from lib.document import BBox, OcrDocument, Page, Word
from lib.evaluation.tables import markdown_table, update_section
from lib.pipelines.tilt_prep import to_request
from lib.questions import load_questions
from scripts.benchmarking.figures import spread
from scripts.benchmarking.sizing import Plant, simulate

PAGE = Path("docs/performance.md")
DOCUMENTS = 3000
OCR_S = 1.8
"""Seconds of an engine for a document of 1.83 scanned pages, as those were on which the GPU was measured."""

WORDS_A_PAGE = 600
LENGTHS = (1, 5, 20)
REPEATS = 9

PLANTS = (
    (Plant(pods=1, engines=2, ocr_s=OCR_S), 1.0),
    (Plant(pods=1, engines=4, ocr_s=OCR_S), 1.5),
    (Plant(pods=2, engines=2, ocr_s=OCR_S), 1.5),
    (Plant(pods=2, engines=4, ocr_s=OCR_S), 1.5),
    (Plant(pods=2, engines=4, ocr_s=OCR_S), 1.9),
    (Plant(pods=1, engines=2, ocr_s=OCR_S / 10), 1.5),
    (Plant(pods=4, engines=4, ocr_s=OCR_S, gpus=2), 3.0),
    (Plant(pods=1, engines=16, ocr_s=OCR_S, gpus=1), 4.0),
)


def sizing_table() -> str:
    """What plants of several sizes make of several loads."""
    rows = []
    for plant, rate in PLANTS:
        outcome = simulate(plant, rate=rate, documents=DOCUMENTS)
        rows.append(
            (
                f"{plant.pods} of {plant.engines}",
                f"{plant.ocr_s:.2f}",
                str(plant.gpus),
                f"{rate:.1f}",
                f"{outcome.documents_per_s:.2f}",
                f"{outcome.p50_s:.1f}",
                f"{outcome.p95_s:.1f}",
                f"{outcome.ocr_busy:.0%}",
                f"{outcome.gpu_busy:.0%}",
            )
        )
    header = ("pods of engines", "OCR s", "L4", "arrive/s", "answered/s", "p50 s", "p95 s", "engines busy", "GPU busy")
    return markdown_table(header, rows)


def client_table() -> str:
    """What a request to the TILT server costs before it leaves, by pages."""
    return markdown_table(
        ("pages", "words", "ms of CPU", "MB allocated at most", "MB sent"), [_client_row(pages) for pages in LENGTHS]
    )


def _client_row(pages: int) -> tuple[str, ...]:
    document, questions = _document(pages), load_questions()
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        body = to_request(document, questions, max_tokens=64).model_dump_json().encode()
        times.append((time.process_time() - start) * 1000)
    tracemalloc.start()
    to_request(document, questions, max_tokens=64).model_dump_json().encode()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (
        str(pages),
        str(pages * WORDS_A_PAGE),
        spread(times).written(1),
        f"{peak / 2**20:.1f}",
        f"{len(body) / 2**20:.2f}",
    )


def _document(pages: int) -> OcrDocument:
    """Pages full of words."""
    words = tuple(
        Word(f"word{number}", BBox(number % 20 * 80, number // 20 * 30, number % 20 * 80 + 70, number // 20 * 30 + 20))
        for number in range(WORDS_A_PAGE)
    )
    return OcrDocument(tuple(Page(index, 1654, 2339, "text_layer", words=words) for index in range(pages)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    del argv
    update_section(PAGE, section="sizing", content=sizing_table())
    update_section(PAGE, section="tilt-client", content=client_table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
