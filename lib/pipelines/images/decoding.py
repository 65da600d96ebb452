"""An image file -> the pixels of its upright pages.

In: the bytes of an image of a known content type. Out: the sizes of its pages as they will be, from the headers alone,
and their pixels. The only decoder in lib. Everything here computes: callers run it in a thread, or, with a path, in a
process of its own.

Pixels are converted strip by strip into the array that is returned, so that besides it there is only what the decoder
made. What `read_sizes` says must have been compared with MAX_PIXELS before `decode`.
"""

import io
import itertools
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile

from lib.document import PageImage
from lib.errors import TooManyPixels, UnreadableDocument
from lib.pipelines.images.formats import FORMATS
from lib.pipelines.images.parts import refuse_many_parts

STRIP_PIXELS = 2**20
"""Pixels that are converted at once: enough to be fast, little beside a page."""

DEPTH_SHIFT = 8
"""Bits that 16-bit grays have more than 8-bit ones."""

SIDEWAYS = 5
"""EXIF orientations from here on swap width and height. Source: CIPA DC-008 (EXIF 2.32), 4.6.2 and tag 0x0112."""

DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, LookupError, TypeError, RuntimeError, OverflowError)
"""What Pillow's decoders and libheif raise for files that are not what they claim."""

Size = tuple[int, int]


def read_sizes(content: bytes, content_type: str, *, most: int) -> tuple[Size, ...]:
    """(width, height) in pixels of each upright page, from the headers; of one more than `most` at most.

    Args:
        content: The file.
        content_type: One of FORMATS.
        most: Pages that may be read; where there are more, one more is told, and no further one is looked for.

    Raises:
        UnreadableDocument: A header is damaged, or the file is made of so many parts that decoding would take long.
        TooManyPixels: The decoder itself refuses such a size.
    """
    refuse_many_parts(content, content_type)
    with _open_image(content, content_type) as image:
        pages = FORMATS[content_type].pages(image)
        return tuple(_upright_size(image, content, content_type) for _ in itertools.islice(pages, most + 1))


def decode(content: bytes, content_type: str, *, page_index: int = 0) -> PageImage:
    """The pixels of an upright page, (height, width, 3) blue green red, on white where it is transparent.

    Args:
        content: The file; its sizes have been checked.
        content_type: One of FORMATS.
        page_index: Which of its pages.

    Raises:
        UnreadableDocument: The file is truncated or damaged.
    """
    with _open_image(content, content_type) as image:
        next(itertools.islice(FORMATS[content_type].pages(image), page_index, None))
        announced = image.size
        orientation = _orientation(image, content, content_type)
        image.load()
        if image.width * image.height > announced[0] * announced[1]:
            raise ValueError("more pixels than the header says")
        return _upright_pixels(image, orientation)


def read_sizes_of_file(path: str, content_type: str, most: int) -> tuple[Size, ...]:
    """As `read_sizes`, in a process of its own."""
    return read_sizes(Path(path).read_bytes(), content_type, most=most)


def decode_file(path: str, target: str, content_type: str, page_index: int) -> tuple[int, int, int]:
    """As `decode`, in a process of its own: the pixels are written to `target`, their shape is returned."""
    pixels = decode(Path(path).read_bytes(), content_type, page_index=page_index)
    Path(target).write_bytes(pixels.data)  # Not numpy's own tofile, whose error does not say that the disk is full.
    height, width, channels = pixels.shape
    return height, width, channels


def _upright_size(image: ImageFile, content: bytes, content_type: str) -> Size:
    width, height = image.size
    return (height, width) if _orientation(image, content, content_type) >= SIDEWAYS else (width, height)


def _upright_pixels(image: ImageFile, orientation: int) -> PageImage:
    width, height = image.size
    shape = (width, height, 3) if orientation >= SIDEWAYS else (height, width, 3)
    upright = np.empty(shape, np.uint8)
    stored = _as_stored(upright, orientation)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        stored[top : top + rows] = _blue_green_red(strip)
    return upright


@contextmanager
def _open_image(content: bytes, content_type: str) -> Iterator[ImageFile]:
    """An image whose header has been read.

    Raises:
        UnreadableDocument: The file is damaged, there or in what the block reads of it.
        TooManyPixels: Pillow refuses to go on, at more than twice its MAX_IMAGE_PIXELS.
    """
    try:
        with FORMATS[content_type].open(io.BytesIO(content)) as image:
            yield image
    except Image.DecompressionBombError as exc:
        raise TooManyPixels("The image has more pixels than are ever read. Scale it down.") from exc
    except DAMAGE as exc:
        kind = content_type.removeprefix("image/").upper()
        raise UnreadableDocument(f"The {kind} file is truncated or damaged. Send the whole file.") from exc


def _orientation(image: ImageFile, content: bytes, content_type: str) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none, it makes no sense, or the decoder heeds it.

    Not Pillow's getexif, which may decode the pixels of a PNG to look for EXIF data behind them.
    """
    if FORMATS[content_type].turns_itself:
        return 1
    exif = image.info.get("exif") or (_late_exif(content) if isinstance(image, PngImageFile) else b"")
    tiff = bytes(exif).removeprefix(b"Exif\0\0")
    order = "<" if tiff.startswith(b"II") else ">"
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == ExifTags.Base.Orientation:
                return value if value in range(1, 9) else 1
    except struct.error:  # The data end before they should.
        pass
    return 1


def _late_exif(content: bytes) -> bytes:
    """The eXIf chunk of a PNG, wherever it stands. Source: PNG specification (third edition), 5.3 and 11.3.2.6."""
    place = 8
    while place + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        if name == b"eXIf":
            return content[place + 8 : place + 8 + length]
        place += 12 + length
    return b""


def _as_stored(upright: PageImage, orientation: int) -> PageImage:
    """A view of the upright pixels with rows and columns as the file stores them, so that writing to it turns them."""
    stored = upright.transpose(1, 0, 2) if orientation >= SIDEWAYS else upright
    if orientation in {3, 4, 6, 7}:
        stored = stored[::-1]
    if orientation in {2, 3, 7, 8}:
        stored = stored[:, ::-1]
    return stored


def _blue_green_red(strip: Image.Image) -> NDArray[np.uint8]:
    """(h, w, 3) The pixels of a strip in any of Pillow's modes."""
    if strip.mode.startswith("I"):
        gray = np.clip(np.asarray(strip), 0, 0xFFFF) >> DEPTH_SHIFT
        return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    if strip.has_transparency_data:
        layer = strip.convert("RGBA")
        strip = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    pixels = np.frombuffer(strip.convert("RGB").tobytes("raw", "BGR"), np.uint8)
    return pixels.reshape(strip.height, strip.width, 3)
