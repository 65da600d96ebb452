"""The nouns of the house: what one stage hands to the next.

In: nothing. Out: frozen dataclasses that every stage and both apps speak. Imports nothing of ours.

Frame of all geometry: pixels of the upright page as it was rendered or decoded, then turned where its text did not
stand upright; origin top left, x right, y down.
`page_index` counts from 0 inside the house; `page_no` counts from 1 wherever a client sees it.
"""

import copyreg
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

PageImage: TypeAlias = NDArray[np.uint8]
"""One upright page: (height, width, 3), uint8, blue green red, which is what pdfium renders and PaddleOCR reads."""

Point: TypeAlias = tuple[float, float]
Polygon: TypeAlias = tuple[Point, Point, Point, Point]
"""Corners top left, top right, bottom right, bottom left of the text, in reading direction."""

Rotation: TypeAlias = Literal[0, 90, 180, 270]
"""Degrees, clockwise."""

PageSource: TypeAlias = Literal["ocr", "text_layer"]
DocumentSource: TypeAlias = Literal["ocr", "text_layer", "mixed", "xml"]

OcrSpeed: TypeAlias = Literal["exact", "fast"]
"""Whether every line is read by the recognizer that reads best, or only those that a smaller one is not sure of."""

FieldKey: TypeAlias = Literal["merchant", "date", "currency", "subtotal", "tax_amount", "total"]
FIELD_KEYS: tuple[FieldKey, ...] = ("merchant", "date", "currency", "subtotal", "tax_amount", "total")
AMOUNT_KEYS: tuple[FieldKey, ...] = ("subtotal", "tax_amount", "total")

ExtraKey: TypeAlias = Literal["invoice_number", "due_date", "tax_id", "iban"]
EXTRA_KEYS: tuple[ExtraKey, ...] = ("invoice_number", "due_date", "tax_id", "iban")
"""Standard fields that are looked for only where a client asks for the fields' details; `data` never has them."""
DATE_KEYS: tuple[FieldKey | ExtraKey, ...] = ("date", "due_date")


class BBox(NamedTuple):
    """An axis-aligned box in page pixels, x0 <= x1 and y0 <= y1.

    A tuple, like `Word`: a document has hundreds of both, which are made, compared and sent to another process.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.y1 - self.y0

    @property
    def center(self) -> Point:
        """The middle of the box, (x, y)."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def as_list(self) -> list[float]:
        """[x0, y0, x1, y1], as JSON carries it."""
        return [self.x0, self.y0, self.x1, self.y1]

    @classmethod
    def around(cls, boxes: Iterable["BBox"]) -> "BBox":
        """The smallest box that holds all of `boxes`.

        Raises:
            ValueError: `boxes` is empty.
        """
        x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
        return cls(min(x0s), min(y0s), max(x1s), max(y1s))

    @classmethod
    def of_points(cls, points: Sequence[Point]) -> "BBox":
        """The smallest box that holds all of `points`, usually a polygon's four corners."""
        xs, ys = zip(*points, strict=True)
        return cls(min(xs), min(ys), max(xs), max(ys))

    def as_polygon(self) -> Polygon:
        """The box's corners as the polygon of an upright text."""
        return (self.x0, self.y0), (self.x1, self.y0), (self.x1, self.y1), (self.x0, self.y1)


class Word(NamedTuple):
    """A text without white space and the box it stands in."""

    text: str
    bbox: BBox


class Span(NamedTuple):
    """A line, or a part of one, as OCR or a text layer returned it. A tuple for the reason that `BBox` is one.

    Attributes:
        text: The characters, words separated by single spaces.
        polygon: Where it stands, following the slant of the line.
        confidence: 0..1; 1.0 for a text layer.
        words: The words with boxes of their own where the source knows them, else empty.
    """

    text: str
    polygon: Polygon
    confidence: float
    words: tuple[Word, ...] = ()

    @property
    def bbox(self) -> BBox:
        """The upright box around the polygon."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.polygon
        return BBox(min(ax, bx, cx, dx), min(ay, by, cy, dy), max(ax, bx, cx, dx), max(ay, by, cy, dy))


def _reduced(record: tuple[Any, ...]) -> tuple[type[Any], tuple[Any, ...]]:
    return type(record), tuple(record)


for _kind in (BBox, Word, Span):
    copyreg.pickle(_kind, _reduced)  # In half the time that pickle takes to find out by itself what they are made of.


@dataclass(frozen=True, slots=True)
class Recognition:
    """What OCR read on a page.

    Attributes:
        spans: The lines from top to bottom, polygons in pixels of the turned page.
        rotation: How the page had to be turned to stand upright.
        legibility: 0..1, how much of the text that was found on it could be read.
        script: The name of a script that needed a recognizer of its own; empty: none did.
        unreadable: Whether the page is in a script that no recognizer here has letters for; there are no spans then.
        missing_scripts: Of an unreadable page, the names of the scripts that it may be in: nothing here reads them.
    """

    spans: tuple[Span, ...] = ()
    rotation: Rotation = 0
    legibility: float = 1.0
    script: str = ""
    unreadable: bool = False
    missing_scripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page on its way through the stages: each stage fills in what it knows.

    Attributes:
        page_index: Counts from 0.
        width: Pixels.
        height: Pixels.
        source: Where the spans come from.
        spans: Empty until they are read, and on a page without text.
        words: The spans' words in reading order, filled in by `tilt_prep`.
        rotation: How OCR turned the page that was rendered or decoded, so that its text stands upright; width, height,
            spans, words and image are those of the turned page.
        legibility: 0..1, how much of the text that OCR found on it could be read; 1.0 where OCR was not needed.
        script: The name of a script that OCR needed a recognizer of its own for; empty: none.
        unreadable: Whether it is in a script that OCR has no letters for here.
        missing_scripts: Of an unreadable page, the names of the scripts that it may be in.
        image: The pixels, only where a reader is to see them.
        unconfirmed: Of a page for OCR, its text layer where that is not trusted: second best if OCR cannot read it.
        pictures: Of a page with a text layer, where pictures stand whose lettering is to be read by OCR.
    """

    page_index: int
    width: int
    height: int
    source: PageSource
    spans: tuple[Span, ...] = ()
    words: tuple[Word, ...] = ()
    rotation: Rotation = 0
    legibility: float = 1.0
    script: str = ""
    unreadable: bool = False
    missing_scripts: tuple[str, ...] = ()
    image: PageImage | None = field(default=None, compare=False, repr=False)
    unconfirmed: tuple[Span, ...] = ()
    pictures: tuple[BBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that an upload carries inside.

    Attributes:
        name: As the upload calls it; empty where the upload itself is the file.
        relationship: What it is to the pages, as a PDF says it (`Alternative`, `Data`, `Supplement` ...), or None.
        content: Its bytes; None where it is larger than what is read.
    """

    name: str
    relationship: str | None
    content: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OcrDocument:
    """What the readers see: every page of an upload with its words."""

    pages: tuple[Page, ...]

    @property
    def source(self) -> DocumentSource:
        """Where the text comes from, over all pages."""
        sources = {page.source for page in self.pages}
        return sources.pop() if len(sources) == 1 else "mixed"

    @property
    def has_words(self) -> bool:
        """Whether any page holds a word at all."""
        return any(page.words for page in self.pages)


@dataclass(frozen=True, slots=True)
class Question:
    """What a reader is asked: the key the answer is for and the words of the question."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a client wants to know beyond the six fields, and how the document is to be read for that.

    Attributes:
        extras: Whether the fields of EXTRA_KEYS are looked for.
        details: Whether everything else that the document states is looked for.
        questions: The client's own, under keys that no standard field has.
        lang: The language of scanned pages; empty: OCR_LANG.
        words: Whether the client gets every word that was read, also where none is needed for an answer.
    """

    extras: bool = False
    questions: tuple[Question, ...] = ()
    lang: str = ""
    details: bool = False
    words: bool = False

    @classmethod
    def of_parts(cls, include: Collection[str], *, questions: tuple[Question, ...] = (), lang: str = "") -> "Inquiry":
        """What the parts of an answer, as `?include=` names them, need; the details hold the fields' extras, too."""
        details = "details" in include
        extras, words = details or "fields" in include, "ocr" in include
        return cls(extras=extras, questions=questions, lang=lang, details=details, words=words)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader found for one question, as the document has it.

    Attributes:
        key: The question's key.
        text: The answer's raw text, or None where the reader found none.
        confidence: 0..1, that `text` is right; for None, that there is none.
        page_index: The page it stands on, where the reader knows.
        bbox: Where it stands on that page, where the reader knows.
        reason: Why there is no text (`not_found`, `ungrounded` ...), None where there is one.
    """

    key: str
    text: str | None
    confidence: float
    page_index: int | None = None
    bbox: BBox | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Consultation:
    """What a reader behind a server found.

    Attributes:
        answers: One to each question, in their order.
        warnings: Codes for `meta.warnings`, about how it was asked.
    """

    answers: tuple[Answer, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One normalized field of the response.

    Attributes:
        key: Of FIELD_KEYS, of EXTRA_KEYS, or of a client's question.
        value: `date` for date and due_date, `Decimal` for amounts, `str` for all others; None where there is none.
        raw: The text the value was made from.
        confidence: 0..1, that `value` is right.
        page_index: The page it stands on, where known.
        bbox: Where it stands, where known.
        problem: Why the value is None or doubtful (a code, see docs/api.md), None where all is well.
    """

    key: str
    value: str | Decimal | date | None
    raw: str | None
    confidence: float
    page_index: int | None = None
    bbox: BBox | None = None
    problem: str | None = None
