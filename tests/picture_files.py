"""Picture files of every format that can be read, and broken ones of each."""

import io
import struct
from collections.abc import Mapping
from types import MappingProxyType

import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

pillow_heif.register_heif_opener()  # Pillow's save learns HEIF from it.

LOSSLESS: Mapping[str, tuple[str, dict[str, object]]] = MappingProxyType(
    {
        "image/webp": ("WEBP", {"lossless": True}),
        "image/tiff": ("TIFF", {"compression": "tiff_lzw"}),
        "image/bmp": ("BMP", {}),
    }
)
LOSSY: Mapping[str, tuple[str, dict[str, object]]] = MappingProxyType(
    {
        "image/webp": ("WEBP", {"quality": 90}),
        "image/heic": ("HEIF", {"quality": 90}),
        "image/avif": ("AVIF", {"quality": 85, "speed": 9}),
        "image/gif": ("GIF", {}),
        "image/tiff": ("TIFF", {"compression": "jpeg", "quality": 90}),
    }
)
"""Pillow's name and options of each format: as phones, scanners and screenshots write them."""


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tiff(*frames: Image.Image, thumbnails: frozenset[int] = frozenset()) -> bytes:
    """A TIFF of several frames; those at `thumbnails` say that they are such."""
    file = io.BytesIO()
    with AppendingTiffWriter(file, True) as writer:
        for number, frame in enumerate(frames):
            frame.save(writer, "TIFF", tiffinfo={254: 1} if number in thumbnails else {})
            writer.newFrame()
    return file.getvalue()


def bomb(content_type: str) -> bytes:
    """A few hundred bytes whose header promises more than 80 million pixels."""
    small = Image.new("RGB", (64, 64), "white")
    if content_type == "image/tiff":
        return tiff_header(20_000, 20_000)
    if content_type in {"image/heic", "image/avif"}:
        content = encoded(small, LOSSY[content_type][0])
        place = content.index(b"ispe") + 8  # Behind the box's name, version and flags.
        return content[:place] + struct.pack(">II", 12_000, 12_000) + content[place + 8 :]
    kind, place, size = {
        "image/webp": ("WEBP", 26, struct.pack("<HH", 9500, 9500)),
        "image/gif": ("GIF", 6, struct.pack("<HH", 65_535, 65_535)),
        "image/bmp": ("BMP", 18, struct.pack("<ii", 60_000, 60_000)),
    }[content_type]
    content = encoded(small, kind)
    return content[:place] + size + content[place + len(size) :]


def tiff_header(width: int, height: int) -> bytes:
    """A gray TIFF whose only strip is missing. Source: TIFF 6.0, section 2."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: width * height}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0)


EMPTY: Mapping[str, bytes] = MappingProxyType(
    {
        "image/webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(10),
        "image/tiff": b"II*\0" + struct.pack("<I", 0),
        "image/heic": struct.pack(">I", 16) + b"ftypheic\0\0\0\0" + struct.pack(">I", 12) + b"meta\0\0\0\0",
        "image/avif": struct.pack(">I", 16) + b"ftypavif\0\0\0\0" + struct.pack(">I", 12) + b"meta\0\0\0\0",
        "image/gif": b"GIF89a\x01\0\x01\0\0\0\0;",
        "image/bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0),
    }
)
"""Files of each format that are whole and hold no picture."""
