"""The committed samples, and their files.

In: `documents.yaml`. Out: `Sample`s; for each its file's bytes, its truth and its line of the manifest.
"""

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import yaml
from PIL import Image
from pydantic import ConfigDict, TypeAdapter

from scripts.samples import invoices, receipts
from scripts.samples.bill import Bill
from scripts.samples.paper import Sheet
from scripts.samples.render import PdfPage, image_of, pdf_of
from scripts.samples.scan import CONDITIONS, captured
from scripts.samples.wording import Wording, locales

Layout: TypeAlias = Callable[[Bill, Wording], tuple[Sheet, ...]]

LAYOUTS: dict[str, Layout] = {
    "till": receipts.till,
    "kiosk": receipts.kiosk,
    "fiscal": receipts.fiscal,
    "diner": receipts.diner,
    "digital": receipts.digital,
    "letter": invoices.letter,
    "letter_serif": invoices.letter_serif,
    "banner": invoices.banner,
    "banner_us": invoices.banner_us,
    "ledger": invoices.ledger,
}
LICENSE = "Apache-2.0"
_DOCUMENTS = Path(__file__).with_name("documents.yaml")
_MIMES = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
_JPEG_QUALITY = 78
_EXIF_ORIENTATION = 0x0112
_TURN_CLOCKWISE = 6  # EXIF: to be shown upright, turn the pixels a quarter clockwise.


@dataclass(frozen=True, slots=True)
class Sample:
    """One document: what it says, how it looks, and what it went through.

    Attributes:
        condition: How it was captured, a name of `scan.CONDITIONS`.
        labels: Replacements for the locale's labels.
        money: Replacement for the locale's way of writing an amount with its currency.
        scanned: The pages of a PDF, from 1, that are pictures; a PDF's other pages are text.
        garbled: Whether a PDF's text layer is useless.
        sideways: Whether the pixels lie on their side and an EXIF tag says so.
    """

    name: str
    format: Literal["jpg", "png", "pdf"]
    locale: str
    layout: str
    bill: Bill
    condition: str = "clean"
    labels: Mapping[str, str] | None = None
    money: str | None = None
    scanned: tuple[int, ...] = ()
    garbled: bool = False
    sideways: bool = False

    @property
    def path(self) -> str:
        """The file's name."""
        return f"{self.name}.{self.format}"

    @property
    def wording(self) -> Wording:
        """The locale with this sample's replacements."""
        return locales()[self.locale].relabeled(self.labels or {}, money=self.money)

    def sheets(self) -> tuple[Sheet, ...]:
        """The pages as laid out, before anything happens to them."""
        return LAYOUTS[self.layout](self.bill, self.wording)

    def manifest_line(self) -> dict[str, object]:
        """The sample as a scorer wants it described."""
        text_layer = self.format == "pdf" and not self.garbled and self.scanned != (1,)
        how = "pdf" if text_layer else "photo" if self.condition == "photo" else "scan"
        return {
            "id": self.name,
            "source": "samples",
            "stratum": f"{self.bill.kind}-{how}-{self.wording.language}",
            "path": self.path,
            "ocr": None,
            "mime": _MIMES[self.format],
            "language": self.wording.language,
            "kind": self.bill.kind,
            "text_layer": text_layer,
            "license": LICENSE,
            "truth": {key: value for key, value in self.bill.truth.items() if value is not None},
        }


def samples() -> tuple[Sample, ...]:
    """Every sample of `documents.yaml`, in its order."""
    return TypeAdapter(tuple[Sample, ...], config=ConfigDict(extra="forbid")).validate_python(
        yaml.safe_load(_DOCUMENTS.read_text(encoding="utf-8"))
    )


def file_of(sample: Sample) -> bytes:
    """The bytes of the sample's file; the same every time."""
    rng = np.random.default_rng(zlib.crc32(sample.name.encode()))
    sheets = sample.sheets()
    if sample.format == "pdf":
        return pdf_of(
            _pdf_pages(sample, sheets, rng), title=f"{sample.bill.kind} {sample.bill.number}", garbled=sample.garbled
        )
    image = _captured(sample, sheets[0], rng)
    return _jpeg(image, sideways=sample.sideways) if sample.format == "jpg" else _png(image)


def _pdf_pages(sample: Sample, sheets: Sequence[Sheet], rng: np.random.Generator) -> list[PdfPage]:
    return [
        (sheet, _jpeg(_captured(sample, sheet, rng))) if no in sample.scanned else sheet
        for no, sheet in enumerate(sheets, 1)
    ]


def _captured(sample: Sample, sheet: Sheet, rng: np.random.Generator) -> Image.Image:
    condition = CONDITIONS[sample.condition]
    return captured(image_of(sheet, dpi=condition.dpi), condition=condition, rng=rng)


def _jpeg(image: Image.Image, *, sideways: bool = False) -> bytes:
    exif = Image.Exif()
    if sideways:
        exif[_EXIF_ORIENTATION] = _TURN_CLOCKWISE
        image = image.transpose(Image.Transpose.ROTATE_90)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_JPEG_QUALITY, exif=exif)
    return out.getvalue()


def _png(image: Image.Image) -> bytes:
    """Gray in 32 steps where the image has grays at all: scanners' drivers do so, and noise would not compress."""
    out = io.BytesIO()
    (image if image.mode == "1" else image.convert("L").quantize(32)).save(out, "PNG", optimize=True)
    return out.getvalue()
