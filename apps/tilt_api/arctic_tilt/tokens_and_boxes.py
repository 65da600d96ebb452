"""From words and boxes to tokens and boxes.

In: scanned pages and questions. Out: `DocumentTokens` and `Prefix`. CPU work of numpy and the tokenizer.

A token has its part of its word's box, in proportion to its characters. There are two scales: the layout's, in which
a page is 1 / sqrt(2) wide and pages are stacked, for the attention bias; and the image's, in pixels of the scaled
image of the token's own page, for the U-Net's map.

All of it is computed in float32 and in the published model's order of operations: distances are cut to whole numbers
later and corners rounded to cells, and a question's tokens stand exactly on those borders.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.engine import ScannedPage

LAYOUT_WIDTH = 0.7071068
"""Of a page in the layout's scale."""
PREFIX_STEP = 0.05
PREFIX_ORIGIN = -0.01
"""Question tokens stand in a row above the first page."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DocumentTokens:
    """A document as the encoder takes it.

    Attributes:
        ids: (T,).
        boxes: (T, 4) in the layout's scale.
        rois: (T, 4) in pixels of the page's scaled image.
        pages: (T,) page of each token, from 0.
    """

    ids: Ints
    boxes: Floats
    rois: Floats
    pages: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Prefix:
    """A question as it stands in front of each chunk: ids (T,) and boxes (T, 4)."""

    ids: Ints
    boxes: Floats

    def __len__(self) -> int:
        return len(self.ids)


def prefix_of(question: str, *, tokenizer: Tokenizer, config: TiltConfig) -> Prefix:
    """The question's tokens, in a row above the document."""
    ids = tokenizer.encode(question + config.prefix_separator, add_special_tokens=False).ids
    x = np.arange(len(ids), dtype=np.float32) * np.float32(PREFIX_STEP) + np.float32(PREFIX_ORIGIN)
    y = np.full_like(x, PREFIX_ORIGIN)
    return Prefix(ids=np.array(ids, dtype=np.int64), boxes=np.stack((x, y, x, y), axis=1))


def document_tokens(pages: Sequence[ScannedPage], *, tokenizer: Tokenizer, config: TiltConfig) -> DocumentTokens:
    """The tokens of all pages, in order."""
    parts = []
    top = 0.0
    for number, page in enumerate(pages):
        scale = LAYOUT_WIDTH / page.width
        ids, boxes = _page_tokens(page, scale=scale, tokenizer=tokenizer, crop=config.crop_bboxes)
        stacked = boxes + np.array([0, top, 0, top], dtype=np.float32)
        rois = boxes * np.float32(config.image_width / LAYOUT_WIDTH)
        parts.append((ids, stacked, rois, np.full(len(ids), number)))
        top += page.height * scale
    ids, boxes, rois, numbers = (np.concatenate(column)[: config.max_seq_length] for column in zip(*parts, strict=True))
    return DocumentTokens(ids=ids, boxes=boxes, rois=rois, pages=numbers)


def _page_tokens(page: ScannedPage, *, scale: float, tokenizer: Tokenizer, crop: bool) -> tuple[Ints, Floats]:
    """Ids (T,) and boxes (T, 4), scaled and not yet stacked."""
    encoding = tokenizer.encode(list(page.words), is_pretokenized=True, add_special_tokens=False)
    if not encoding.ids:
        return np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.float32)
    words = np.array(encoding.word_ids, dtype=np.int64)
    boxes = np.array(page.boxes, dtype=np.float32)
    if crop:
        boxes = boxes.clip(0, np.array([page.width, page.height] * 2, dtype=np.float32))
    scaled = boxes[words] * np.float32(scale)
    return np.array(encoding.ids, dtype=np.int64), _cut(scaled, words=words, lengths=_lengths(encoding, words))


def _lengths(encoding: Encoding, words: Ints) -> Ints:
    """Characters of each token; where it overlaps the next one of its word, those before that."""
    start, end = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2).T
    lengths = end - start
    overlaps = (words[1:] == words[:-1]) & (end[:-1] > start[1:])
    lengths[:-1][overlaps] = (start[1:] - start[:-1])[overlaps]
    return lengths


def _cut(boxes: Floats, *, words: Ints, lengths: Ints) -> Floats:
    """Each token's part of its word's box.

    Args:
        boxes: (T, 4), that of the whole word for each token.
        words: (T,) the word that each token belongs to.
        lengths: (T,) characters of each token.
    """
    opening = np.flatnonzero(np.diff(words, prepend=-1))
    own = np.repeat(np.arange(len(opening)), np.diff(opening, append=len(words)))
    end = np.cumsum(lengths)
    start = end - lengths
    of_word = np.maximum(np.add.reduceat(lengths, opening), 1).astype(np.float32)[own]
    left, right = ((edge - start[opening][own]).astype(np.float32) / of_word for edge in (start, end))
    x0, y0, x1, y1 = boxes.T
    return np.stack((x0 + (x1 - x0) * left, y0, x0 + (x1 - x0) * right, y1), axis=1)
