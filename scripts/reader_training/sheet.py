"""A page that layouts write on: text to words with boxes, and the noise that photos and recognizers add.

In: text with positions in characters or pixels. Out: words with boxes, px.
"""

import random
from dataclasses import dataclass, field
from typing import Literal

from lib.document import BBox, Page, Word

Anchor = Literal["left", "right", "center"]
_CONFUSIONS = {"0": "O", "O": "0", "1": "l", "l": "1", "5": "S", "S": "5", "8": "B", "e": "c", "a": "o", "I": "l"}


@dataclass(slots=True)
class Sheet:
    """One page; y grows as lines are written."""

    rng: random.Random
    width: float
    size: float
    y: float = 30.0
    words: list[Word] = field(default_factory=list)
    leading: float = 1.5

    def put(self, x: float, text: str, *, anchor: Anchor = "left", scale: float = 1.0, y: float | None = None) -> float:
        """Write a text on the current line (or at `y`) and return its width, px."""
        size = self.size * scale
        step = size * 0.52
        length = len(text) * step
        left = x if anchor == "left" else x - length if anchor == "right" else x - length / 2
        top = self.y if y is None else y
        offset = 0
        for part in text.split(" "):
            if part:
                jitter = self.rng.gauss(0, 0.03 * size)
                x0 = left + offset * step
                box = BBox(x0, top + jitter, x0 + len(part) * step, top + jitter + size * self.rng.uniform(0.95, 1.05))
                self.words.append(Word(part, box))
            offset += len(part) + 1
        return length

    def line(self, text: str, *, x: float = 30.0, anchor: Anchor = "left", scale: float = 1.0) -> None:
        """Write one line and go to the next."""
        self.put(x, text, anchor=anchor, scale=scale)
        self.down(scale)

    def block(self, lines: list[str], *, x: float, y: float, anchor: Anchor = "left", first: float = 1.0) -> float:
        """Write lines under each other from `y` on, the first one larger, and return where they end."""
        for index, line in enumerate(lines):
            scale = first if index == 0 else 1.0
            self.put(x, line, anchor=anchor, scale=scale, y=y)
            y += self.size * self.leading * scale
        return y

    def pair(self, left: str, right: str, *, x0: float, x1: float, scale: float = 1.0) -> None:
        """A label and a value at the right edge."""
        self.put(x0, left, scale=scale)
        self.put(x1, right, anchor="right", scale=scale)
        self.down(scale)

    def down(self, lines: float = 1.0) -> None:
        """Go down."""
        self.y += self.size * self.leading * lines

    def page(self, page_index: int = 0) -> Page:
        """The words as a page."""
        right = max((word.bbox.x1 for word in self.words), default=100.0)
        return Page(
            page_index=page_index,
            width=int(max(self.width, right) + 10),
            height=int(self.y + 40),
            source="ocr",
            words=tuple(self.words),
        )


@dataclass(frozen=True, slots=True)
class Noise:
    """How badly a page was photographed and recognized.

    Attributes:
        slope: Fall of the lines, px per px.
        confused: Share of the characters mistaken for similar ones.
        lost: Share of the words not seen.
        glued: Share of the words that lost the space behind them.
    """

    slope: float
    confused: float
    lost: float
    glued: float

    @classmethod
    def drawn(cls, rng: random.Random) -> "Noise":
        """None at all for half the pages."""
        if rng.random() < 0.5:
            return cls(0.0, 0.0, 0.0, 0.0)
        glued = 0.9 if rng.random() < 0.1 else rng.choice([0.0, 0.03, 0.1])
        return cls(rng.gauss(0, 0.012), rng.choice([0.0, 0.003, 0.01]), rng.choice([0.0, 0.005, 0.015]), glued)

    def applied(self, words: list[Word], rng: random.Random) -> list[Word]:
        """The words as they come out of it."""
        kept = [self._seen(word, rng) for word in words if rng.random() >= self.lost]
        return self._glue(kept, rng) if self.glued else kept

    def _seen(self, word: Word, rng: random.Random) -> Word:
        box = word.bbox
        drop = self.slope * box.x0
        text = word.text
        if self.confused:
            text = "".join(_CONFUSIONS.get(c, c) if rng.random() < self.confused else c for c in text)
        return Word(text, BBox(box.x0, box.y0 + drop, box.x1, box.y1 + drop))

    def _glue(self, words: list[Word], rng: random.Random) -> list[Word]:
        glued: list[Word] = []
        for word in words:
            last = glued[-1] if glued else None
            near = last is not None and abs(last.bbox.y0 - word.bbox.y0) < 0.4 * word.bbox.height
            if last and near and 0 <= word.bbox.x0 - last.bbox.x1 < word.bbox.height and rng.random() < self.glued:
                glued[-1] = Word(last.text + word.text, BBox.around([last.bbox, word.bbox]))
            else:
                glued.append(word)
        return glued
