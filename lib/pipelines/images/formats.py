"""The image formats that can be read: who opens a file of each, and which of its frames are pages.

In: a file of a known content type. Out: Pillow's image, standing at the frame that is asked for. With `decoding.py` the
only importer of PIL and pi_heif among the stages. Pillow's own guard against decompression bombs sits in Image.open,
which knows nothing of MAX_PIXELS; the decoders are called directly instead, and nothing is decoded here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

NEW_SUBFILE_TYPE = 254
REDUCED_OR_MASK = 0b101
"""A TIFF tag, and its bits for frames that are no pages: thumbnails and masks. Source: TIFF 6.0, section 8."""


def _first(_: ImageFile) -> Iterable[int]:
    """The first frame alone: animations are read as what they show at first, containers as their main picture."""
    return (0,)


def _tiff_pages(image: ImageFile) -> Iterable[int]:
    """Every frame of a TIFF but thumbnails and masks; the first one where there is nothing else."""
    assert isinstance(image, TiffImageFile)  # noqa: S101 - the table below says so
    number, pages = 0, 0
    while True:
        try:
            image.seek(number)
        except EOFError:
            break
        if not int(image.tag_v2.get(NEW_SUBFILE_TYPE, 0)) & REDUCED_OR_MASK:
            pages += 1
            yield number
        number += 1
    if not pages:
        yield 0


def _heif(file: BinaryIO) -> ImageFile:
    from pi_heif.as_plugin import HeifImageFile  # noqa: PLC0415 - a native library that few uploads need

    image: ImageFile = HeifImageFile(file)
    return image


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """How a format is read.

    Attributes:
        open: Reads the header.
        pages: The frames that are pages; it may move the image to each in turn, and must to any but the first.
        turns_itself: Whether pixels and size come upright from the decoder, so that EXIF is not to be heeded again.
    """

    open: Callable[[BinaryIO], ImageFile]
    pages: Callable[[ImageFile], Iterable[int]] = _first
    turns_itself: bool = False


FORMATS: Mapping[str, ImageFormat] = MappingProxyType(
    {
        "image/jpeg": ImageFormat(JpegImageFile),
        "image/png": ImageFormat(PngImageFile),
        "image/webp": ImageFormat(WebPImageFile),
        "image/tiff": ImageFormat(TiffImageFile, pages=_tiff_pages, turns_itself=True),
        "image/heic": ImageFormat(_heif, turns_itself=True),
        "image/avif": ImageFormat(AvifImageFile),
        "image/gif": ImageFormat(GifImageFile),
        "image/bmp": ImageFormat(BmpImageFile),
    }
)
"""What can be read, by content type. A new type needs a line here and one among the signatures of `pages.py`."""
