"""What peers answer, as our own spans. Pure."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from lib.document import BBox, Polygon, Span


def span_of(text: str, confidence: float, corners: Sequence[Sequence[float]]) -> Span:
    """A line with its four corners, confidence 0..1."""
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    polygon: Polygon = (a, b, c, d)
    return Span(text, polygon, min(1.0, max(0.0, confidence)))


def rapidocr_spans(body: Mapping[str, Any]) -> tuple[Span, ...]:
    """The lines in an answer of rapidocr_api."""
    lines = [line for line in body.values() if line["rec_txt"].strip()]
    return tuple(span_of(line["rec_txt"], float(line["score"]), line["dt_boxes"]) for line in lines)


def paddlex_spans(body: Mapping[str, Any]) -> tuple[Span, ...]:
    """The lines in an answer of PaddleX's OCR pipeline."""
    page = body["result"]["ocrResults"][0]["prunedResult"]
    lines = zip(page["rec_texts"], page["rec_scores"], page["rec_polys"], strict=True)
    return tuple(span_of(text, score, corners) for text, score, corners in lines if text.strip())


def tesseract_spans(tsv: str) -> tuple[Span, ...]:
    """The words of Tesseract's table as lines. Source: tesseract(1), config `tsv`."""
    lines: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE):
        if float(row["conf"]) >= 0 and row["text"].strip():
            lines[row["block_num"], row["par_num"], row["line_num"]].append(row)
    return tuple(_line(words) for words in lines.values())


def _line(words: Sequence[Mapping[str, str]]) -> Span:
    box = BBox.around(_box(word) for word in words)
    confidence = sum(float(word["conf"]) for word in words) / len(words) / 100
    return Span(" ".join(word["text"] for word in words), box.as_polygon(), confidence)


def _box(word: Mapping[str, str]) -> BBox:
    left, top = float(word["left"]), float(word["top"])
    return BBox(left, top, left + float(word["width"]), top + float(word["height"]))
