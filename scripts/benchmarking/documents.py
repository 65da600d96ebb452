"""What the contenders read.

In: a folder. Out: `Material`: pages as image files, PDFs with a text layer, and labels where the folder has them. A
scanned PDF counts with the images of its pages, because the peers read no PDFs.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from PIL import Image

from lib.document import PageImage
from lib.evaluation.dataset import MANIFEST, LabelledDocument, load_folder
from lib.pipelines.pages import open_upload
from lib.settings import UploadSettings

SUFFIXES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One file.

    Attributes:
        name: Of the file.
        content: Its bytes.
        media_type: What they are.
        label: What it truly says, where somebody said so.
    """

    name: str
    content: bytes
    media_type: str
    label: LabelledDocument | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """The files of a run.

    Attributes:
        images: One page each, to be recognized.
        text_layers: PDFs whose every page has a text layer.
    """

    images: tuple[Sample, ...]
    text_layers: tuple[Sample, ...]


class NothingToRead(Exception):
    """A folder has no image that could be read."""


def load_material(folder: Path, *, settings: UploadSettings, limit: int | None = None) -> Material:
    """The files of a folder.

    Args:
        folder: With files in it or below it.
        settings: How PDFs are rendered.
        limit: Images and PDFs at most.

    Raises:
        NothingToRead: There is no image.
    """
    labels = {label.path: label for label in load_folder(folder) if label.path} if (folder / MANIFEST).is_file() else {}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    images = [_image(path, labels.get(path)) for path in found]
    pdfs = [
        Sample(path.name, path.read_bytes(), "application/pdf", labels.get(path))
        for path in sorted(folder.rglob("*.pdf"))
    ]
    sorted_out = anyio.run(_sort_out, pdfs, settings)
    pages = [page for _, scanned in sorted_out for page in scanned]
    text_layers = [pdf for pdf, scanned in sorted_out if not scanned]
    if not images + pages:
        raise NothingToRead(f"{folder} has no JPG, no PNG and no scanned PDF.")
    return Material(tuple((images + pages)[:limit]), tuple(text_layers[:limit]))


def _image(path: Path, label: LabelledDocument | None) -> Sample:
    """An image file; one with a palette or with one bit a pixel, which not all contenders take, in plain colors."""
    content, media_type = path.read_bytes(), SUFFIXES[path.suffix.lower()]
    with Image.open(path) as image:
        if image.mode not in {"RGB", "L"}:
            out = io.BytesIO()
            image.convert("RGB").save(out, "PNG")
            content, media_type = out.getvalue(), "image/png"
    return Sample(path.name, content, media_type, label)


async def _sort_out(pdfs: Sequence[Sample], settings: UploadSettings) -> list[tuple[Sample, tuple[Sample, ...]]]:
    """Each PDF with the pages of it that have no text layer."""
    return [(pdf, await _scanned_pages(pdf, settings)) for pdf in pdfs]


async def _scanned_pages(pdf: Sample, settings: UploadSettings) -> tuple[Sample, ...]:
    async with open_upload(pdf.content, settings=settings) as opened:
        scanned = [page for page in opened.pages if page.source == "ocr"]
        images = [await opened.image(page) for page in scanned]
    label = pdf.label if len(opened.pages) == len(scanned) == 1 else None
    return tuple(
        Sample(f"{pdf.name}#{number}.png", _as_png(image), "image/png", label) for number, image in enumerate(images)
    )


def _as_png(image: PageImage) -> bytes:
    import cv2  # noqa: PLC0415 - heavy

    _, encoded = cv2.imencode(".png", image)
    return encoded.tobytes()


def decoded(sample: Sample) -> PageImage:
    """An image's pixels as a user of PaddleOCR would load them: (height, width, 3), uint8, BGR."""
    import cv2  # noqa: PLC0415 - heavy
    import numpy as np  # noqa: PLC0415 - stands with it

    image: PageImage = cv2.imdecode(np.frombuffer(sample.content, np.uint8), cv2.IMREAD_COLOR)
    return image
