"""Synthetic labelled documents: locales x layouts x currencies x noise, as words and boxes, without rendering.

In: a seed and a number. Out: labelled documents. The same seed gives the same documents.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

from lib.document import FIELD_KEYS, OcrDocument, Page
from lib.evaluation.dataset import LabelledDocument
from scripts.reader_training.invoices import Invoice
from scripts.reader_training.labelled import Labelled
from scripts.reader_training.phrases import Voice, without_accents
from scripts.reader_training.receipts import Receipt
from scripts.reader_training.sales import Sale, sale
from scripts.reader_training.sheet import Noise, Sheet

RECEIPTS = "synthetic-receipt"
INVOICES = "synthetic-invoice"
"""Their sources."""

_INVOICES = 0.5
_FREELANCE, _PERSONAL = 0.22, 0.06
"""The shares of invoices whose seller has no legal form, and only a person's name, while the customer may have one."""


def documents(number: int, *, seed: int) -> Iterator[Labelled]:
    """`number` documents, about half of them invoices."""
    for index in range(number):
        rng = random.Random(f"{seed}-{index}")
        voice = Voice(rng)
        is_invoice = rng.random() < _INVOICES
        if is_invoice:
            sold = sale(voice, most_items=20, scale=rng.choice([2.0, 10.0, 60.0]), plain=_FREELANCE)
            other = Voice(rng, None if rng.random() < 0.2 else voice.code)
            if rng.random() < _PERSONAL:
                sold.merchant = voice.pick("people")
            sheets = Invoice(sold, other).draw()
        else:
            sold = sale(voice)
            sheets = [Receipt(sold).draw()]
        yield _labelled(index, sold, sheets, rng, source=INVOICES if is_invoice else RECEIPTS)


def _labelled(index: int, sold: Sale, sheets: list[Sheet], rng: random.Random, *, source: str) -> Labelled:
    noise = Noise.drawn(rng)
    plain = rng.random() < 0.3
    pages = []
    for page_index, sheet in enumerate(sheets):
        page = sheet.page(page_index)
        words = noise.applied(list(page.words), rng)
        if plain:
            words = [word._replace(text=without_accents(word.text) or word.text) for word in words]
        pages.append(_inside(replace(page, words=tuple(words))))
    label = LabelledDocument(
        id=f"synthetic-{index:05}",
        source=source,
        stratum=source,
        license="ours",
        truth={key: sold.truth[key] for key in FIELD_KEYS if key in sold.truth},
        absent=frozenset(key for key in FIELD_KEYS if key in sold.absent),
    )
    return Labelled(label, OcrDocument(tuple(pages)))


def _inside(page: Page) -> Page:
    """The page, large enough for all its words."""
    right = max((word.bbox.x1 for word in page.words), default=0.0)
    bottom = max((word.bbox.y1 for word in page.words), default=0.0)
    return replace(page, width=max(page.width, int(right) + 1), height=max(page.height, int(bottom) + 1))
