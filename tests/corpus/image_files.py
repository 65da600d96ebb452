"""PNG and JPEG files made by hand, for what no encoder writes.

Source: PNG specification (third edition), 5 and 11; ITU-T T.81, annexes B and G.
"""

import io
import struct
import zlib
from collections.abc import Iterable

from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
END_OF_BAND = 32_767
"""Blocks that one code of a progressive JPEG passes over."""


def encoded(image: Image.Image, kind: str, /, **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: bytes, size: tuple[int, int] = (40, 40), depth: int = 8, color: int = 2) -> bytes:
    """A PNG of these chunks between its header and its end.

    Args:
        chunks: All there is besides.
        size: Width and height that the header promises.
        depth: Bits of a sample.
        color: 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA.
    """
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, color, 0, 0, 0))
    return PNG_SIGNATURE + header + b"".join(chunks) + chunk(b"IEND")


def pixels(size: tuple[int, int] = (40, 40), *, channels: int = 3) -> bytes:
    """The chunk with black pixels."""
    width, height = size
    return chunk(b"IDAT", zlib.compress(bytes(height * (1 + channels * width))))


def segment(marker: int, data: bytes = b"") -> bytes:
    """One segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def progressive_jpeg(side: int, *, scans: int) -> bytes:
    """A gray JPEG whose picture is passed over again and again, at a few bytes each time."""
    blocks = ((side + 7) // 8) ** 2
    dc_codes, ac_codes = bytes([1, *[0] * 15, 0]), bytes([1, 1, *[0] * 14, 0xE0, 0])
    first = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes((blocks + 7) // 8)
    again = segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + _passing_over(blocks)
    frame = struct.pack(">BHHB", 8, side, side, 1) + bytes([1, 0x11, 0])
    tables = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0" + dc_codes) + segment(0xC4, b"\x10" + ac_codes)
    return b"\xff\xd8" + tables + segment(0xC2, frame) + first + again * scans + b"\xff\xd9"


def _passing_over(blocks: int) -> bytes:
    """Codes that leave so many blocks as they are: one bit, then 14 of a number, for up to END_OF_BAND of them."""
    bits = "".join(_run(min(END_OF_BAND, blocks - done)) for done in range(0, blocks, END_OF_BAND))
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")


def _run(length: int) -> str:
    return "0" + format(max(0, length - 2**14), "014b")


def behind_start(jpeg: bytes, extra: Iterable[bytes]) -> bytes:
    """A JPEG with more behind its first marker."""
    return jpeg[:2] + b"".join(extra) + jpeg[2:]
