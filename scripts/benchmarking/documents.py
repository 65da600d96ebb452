"""What the contenders read.

In: folders. Out: `Material`: pages as image files and PDFs with a text layer, with labels where a folder has them. A
scanned PDF of one page counts with the image of it, because the peers read no PDFs.
"""

import io
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Literal, TypeAlias

import anyio
from PIL import Image

from lib.document import PageImage
from lib.errors import UploadError
from lib.evaluation.dataset import MANIFEST, OK, LabelledDocument, load_folder
from lib.pipelines.pages import open_upload
from lib.settings import UploadSettings

PDF = "application/pdf"
MEDIA_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".pdf": PDF}

MOST_PDFS = 200
"""Of them are opened, to see what they are."""

SHORT = 3
"""Pages of a PDF with a text layer at most: its scan is read as well."""

SEED = 0

Kind: TypeAlias = Literal["text_layer", "scanned", "other"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One file.

    Attributes:
        name: Of the file, with its place in the sample, so that no two have the same.
        content: Its bytes.
        media_type: What they are.
        label: What it truly says, where somebody said so.
        source: The collection that it is from, or its folder.
    """

    name: str
    content: bytes
    media_type: str
    label: LabelledDocument | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """The files of a run.

    Attributes:
        images: One page each, to be recognized.
        text_layers: PDFs whose every page has a text layer.
    """

    images: tuple[Sample, ...]
    text_layers: tuple[Sample, ...]

    @property
    def sources(self) -> int:
        """How many collections the images are from."""
        return len({image.source for image in self.images})


class NothingToRead(Exception):
    """No folder has an image that could be read."""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    source: str
    label: LabelledDocument | None = None

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.path.suffix.lower()]


def load_material(
    folders: Sequence[Path],
    *,
    settings: UploadSettings,
    images: int | None = None,
    text_layers: int | None = None,
    seed: int = SEED,
) -> Material:
    """A sample of the files of some folders; the first so many of a larger one are the smaller one.

    Args:
        folders: With a manifest, whose labelled documents count; or with files in them or below them.
        settings: How PDFs are rendered.
        images: How many; None: all.
        text_layers: The same of PDFs.
        seed: Of the order.

    Raises:
        LabelledFolderError: A manifest cannot be read.
        NothingToRead: There is no image.
    """
    files = [file for folder in folders for file in _files(folder)]
    pdfs = [file for file in files if file.media_type == PDF]
    kinds = anyio.run(_kinds, in_turns(pdfs, seed=seed)[:MOST_PDFS], settings)
    pictures = [file for file in files if file.media_type != PDF or kinds.get(file.path) == "scanned"]
    layers = [file for file in pdfs if kinds.get(file.path) == "text_layer"]
    found = tuple(islice(_readable(in_turns(pictures, seed=seed), settings), images))
    if not found:
        raise NothingToRead(f"{', '.join(map(str, folders))}: no JPG, no PNG and no scanned PDF of one page.")
    return Material(found, tuple(_as_is(file) for file in in_turns(layers, seed=seed)[:text_layers]))


def in_turns(files: Sequence[_File], *, seed: int) -> list[_File]:
    """The files in random order, one of each source after the other, so that a short beginning has most sources."""
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    by_source: dict[str, list[_File]] = {}
    for file in files:
        by_source.setdefault(file.source, []).append(file)
    shuffled = [chance.sample(group, len(group)) for group in by_source.values()]
    chance.shuffle(shuffled)
    return [file for file in chain.from_iterable(zip_longest(*shuffled)) if file is not None]


def _files(folder: Path) -> Iterator[_File]:
    """Those of a manifest that have a label and should be answered; without a manifest, all there are."""
    if not (folder / MANIFEST).is_file():
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in MEDIA_TYPES)
        yield from (_File(path, path.parent.name) for path in found)
        return
    for label in load_folder(folder):
        if label.path and label.labelled and label.status == OK and label.path.suffix.lower() in MEDIA_TYPES:
            yield _File(label.path, label.source, label)


async def _kinds(pdfs: Sequence[_File], settings: UploadSettings) -> dict[Path, Kind]:
    return {pdf.path: await _kind(pdf, settings) for pdf in pdfs}


async def _kind(pdf: _File, settings: UploadSettings) -> Kind:
    try:
        async with open_upload(pdf.path.read_bytes(), settings=settings) as opened:
            sources = [page.source for page in opened.pages]
    except UploadError:
        return "other"
    if sources == ["ocr"]:
        return "scanned"
    return "text_layer" if set(sources) == {"text_layer"} and len(sources) <= SHORT else "other"


def _readable(files: Sequence[_File], settings: UploadSettings) -> Iterator[Sample]:
    """Those that can be decoded, one after the other as they are taken."""
    for number, file in enumerate(files):
        with suppress(OSError, UploadError):
            if file.media_type == PDF:
                content = anyio.run(_rendered, file, settings)
                yield Sample(f"{number}-{file.path.stem}.png", content, "image/png", file.label, file.source)
            else:
                yield _image(number, file)


def _image(number: int, file: _File) -> Sample:
    """An image file; one with a palette or with one bit a pixel, which not all contenders take, in plain colors.

    Raises:
        OSError: It is none.
    """
    content, media_type = file.path.read_bytes(), file.media_type
    with Image.open(file.path) as image:
        image.load()
        if image.mode not in {"RGB", "L"}:
            out = io.BytesIO()
            image.convert("RGB").save(out, "PNG")
            content, media_type = out.getvalue(), "image/png"
    return Sample(f"{number}-{file.path.name}", content, media_type, file.label, file.source)


def _as_is(file: _File) -> Sample:
    return Sample(file.path.name, file.path.read_bytes(), file.media_type, file.label, file.source)


async def _rendered(pdf: _File, settings: UploadSettings) -> bytes:
    """The only page of a scanned PDF as a PNG file."""
    import cv2  # noqa: PLC0415 - heavy

    async with open_upload(pdf.path.read_bytes(), settings=settings) as opened:
        _, encoded = cv2.imencode(".png", await opened.image(opened.pages[0]))
    content: bytes = encoded.tobytes()
    return content


def decoded(sample: Sample) -> PageImage:
    """An image's pixels as a user of PaddleOCR would load them: (height, width, 3), uint8, BGR."""
    import cv2  # noqa: PLC0415 - heavy
    import numpy as np  # noqa: PLC0415 - stands with it

    image: PageImage = cv2.imdecode(np.frombuffer(sample.content, np.uint8), cv2.IMREAD_COLOR)
    return image
