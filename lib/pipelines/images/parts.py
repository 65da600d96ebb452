"""Of how many parts an image file is made, looked at before a decoder is let loose on it.

In: the bytes of a JPEG or PNG. Out: nothing, or an error. Pure. Decoding takes time for every part, however small: a
file of 20 MB holds a million empty ones, which keep Pillow busy for half a minute, or 200,000 scans of one progressive
JPEG, which keep libjpeg busy for an hour. A thread that decodes cannot be ended, so such files are not begun.

Source: ITU-T T.81, annex B (JPEG markers); PNG specification (third edition), 5.3 (chunks).
"""

import re
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType

from lib.errors import UnreadableDocument

MOST_PARTS = 50_000
"""Chunks of a PNG, segments and filling before the picture of a JPEG: a second of Pillow's time. Encoders write a chunk
for each 8 kB or more, and segments of up to 64 kB."""

MOST_SCANS = 100
"""Passes over the picture of a progressive JPEG. Encoders make about ten; each may take 0.1 s with MAX_PIXELS."""

MARKER = re.compile(rb"\xff+([^\xff])")
SCAN = b"\xff\xda"
BARE_MARKERS = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
"""Without length or content: stuffing, TEM, restarts, start of image."""

PNG_HEADER_BYTES = 8
CHUNK_FRAME_BYTES = 12
"""Length, name and checksum around a chunk's data."""


def refuse_many_parts(content: bytes, content_type: str) -> None:
    """Let an image pass that a decoder is done with in seconds.

    Args:
        content: The file.
        content_type: What it is; types without a check pass.

    Raises:
        UnreadableDocument: It is made of too many parts.
    """
    check = CHECKS.get(content_type)
    if check:
        check(content)


def _check_png(content: bytes) -> None:
    place, count = PNG_HEADER_BYTES, 0
    while place + CHUNK_FRAME_BYTES <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        place += CHUNK_FRAME_BYTES + length
        count += 1
        if count > MOST_PARTS:
            raise _too_many(f"The PNG file has more than {MOST_PARTS} chunks.")


def _check_jpeg(content: bytes) -> None:
    picture = _picture_start(content)
    if content.count(SCAN, picture) > MOST_SCANS:
        raise _too_many(f"The JPEG file has more than {MOST_SCANS} scans.")


def _picture_start(content: bytes) -> int:
    """Where the first scan starts, or where the segments before it make no sense any more."""
    place, count = len(SCAN), 0
    while found := MARKER.match(content, place):
        count += found.end() - place - 1
        if count > MOST_PARTS:
            raise _too_many(f"The JPEG file has more than {MOST_PARTS} segments.")
        if found[1] == SCAN[1:]:
            return found.start()
        place = found.end()
        if found[1][0] not in BARE_MARKERS:
            if place + 2 > len(content):
                break
            place += struct.unpack_from(">H", content, place)[0]
    return place


def _too_many(what: str) -> UnreadableDocument:
    return UnreadableDocument(f"{what} Save it anew.")


CHECKS: Mapping[str, Callable[[bytes], None]] = MappingProxyType({"image/jpeg": _check_jpeg, "image/png": _check_png})
