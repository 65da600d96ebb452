"""Bad and odd image files."""

import struct
import zlib
from collections.abc import Iterator
from functools import partial

import numpy as np
from PIL import Image

from tests.corpus.case import OK, UNREADABLE, Case, flipped, truncated
from tests.corpus.image_files import PNG_SIGNATURE, behind_start, chunk, encoded, pixels, png, progressive_jpeg, segment

BOMB_BYTES = 10**8
MANY = 60_000
"""Parts of a file; more than are read."""


def cases() -> Iterator[Case]:
    """All of them."""
    yield from truncated("receipt-sgd-taxi.jpg")
    yield from truncated("invoice-eur-es.png")
    yield from flipped("receipt-sgd-taxi.jpg", seeds=6, short=1)
    yield from flipped("invoice-eur-es.png", seeds=4, short=4)
    yield from _bombs()
    yield from _odd_sizes()
    yield from _odd_kinds()
    yield from _odd_exif()


def _bombs() -> Iterator[Case]:
    """Little in the file, much behind it."""
    yield Case("PNG of 60,000 x 60,000", lambda: png(pixels(), size=(60_000, 60_000)), ("too_many_pixels",))
    yield Case("PNG of 2^31 x 2^31", lambda: png(pixels(), size=(2**31 - 1, 2**31 - 1)), ("too_many_pixels",))
    yield Case("PNG of 30 MP from 30 kB", lambda: _png_of_one_gray(5_500), (OK,))
    yield Case("PNG with 100 MB behind its pixels", lambda: png(_huge(b"IDAT", b"")), (OK,))
    yield Case("PNG with 100 MB of color profile", lambda: png(_huge(b"iCCP", b"p\0\0"), pixels()), (UNREADABLE,))
    yield Case("PNG with 100 MB of text", lambda: png(_huge(b"zTXt", b"t\0\0"), pixels()), (UNREADABLE,))
    yield Case("PNG of 60,000 chunks", lambda: png(chunk(b"aaAa") * MANY, pixels()), (UNREADABLE,))
    yield Case("PNG of 60,000 pieces of nothing", lambda: png(chunk(b"IDAT") * MANY, pixels()), (UNREADABLE,))
    yield Case("JPEG of 65,500 x 65,500", _jpeg_that_claims_to_be_large, ("too_many_pixels",))
    yield Case("JPEG of 60,000 comments", lambda: _jpeg_with(segment(0xFE) * MANY), (UNREADABLE,))
    yield Case("JPEG of 60,000 bytes of filling", lambda: _jpeg_with(b"\xff" * MANY), (UNREADABLE,))
    yield Case("JPEG of 100,000 scans", lambda: progressive_jpeg(8_900, scans=100_000), (UNREADABLE,))
    yield Case("JPEG of 50 scans", lambda: progressive_jpeg(400, scans=50), (OK,))


def _odd_sizes() -> Iterator[Case]:
    for size in ((1, 1), (1, 3_000), (3_000, 1), (2, 2)):
        yield Case(f"PNG of {size[0]} x {size[1]}", partial(_black, size), (OK,))
    yield Case("PNG of 40,000 x 10", lambda: png(pixels((40_000, 10)), size=(40_000, 10)), ("too_many_pixels",))
    yield Case("PNG of 0 x 0", lambda: png(pixels(), size=(0, 0)), (UNREADABLE,))
    yield Case("PNG without pixels", png, (UNREADABLE,))
    yield Case("PNG with half its pixels", lambda: png(pixels((40, 20))), (OK, UNREADABLE))
    yield Case("all white", lambda: encoded(Image.new("RGB", (800, 1100), "white"), "PNG"), (OK,))
    yield Case("all black", lambda: encoded(Image.new("RGB", (800, 1100), "black"), "JPEG"), (OK,))
    yield Case("noise", lambda: encoded(Image.fromarray(_noise((300, 300, 3))), "PNG"), (OK,))


def _odd_kinds() -> Iterator[Case]:
    for mode in ("1", "L", "LA", "P", "RGBA"):
        yield Case(f"PNG of mode {mode}", partial(_of_mode, mode), (OK,))
    yield Case(
        "16-bit gray PNG", lambda: encoded(Image.fromarray(_noise((60, 80)).astype(np.uint16) * 257), "PNG"), (OK,)
    )
    yield Case("16-bit RGBA PNG", lambda: png(pixels(channels=8), depth=16, color=6), (OK,))
    yield Case("palette PNG without palette", lambda: png(pixels(channels=1), color=3), (OK, UNREADABLE))
    yield Case("palette PNG with short palette", lambda: _with_palette(b"\xff" * 3), (OK, UNREADABLE))
    yield Case("palette PNG, all transparent", lambda: encoded(_picture().convert("P"), "PNG", transparency=0), (OK,))
    yield Case("PNG of 9 bits", lambda: png(pixels(), depth=9), (UNREADABLE,))
    yield Case("animated PNG", _animated, (OK,))
    yield Case("animated PNG that promises 2^31 frames", _with_frame_count, (OK,))
    yield Case("PNG with wrong checksums", lambda: _with_wrong_checksums(encoded(_picture(), "PNG")), (OK, UNREADABLE))
    yield Case("CMYK JPEG", lambda: encoded(_picture().convert("CMYK"), "JPEG"), (OK,))
    yield Case("gray JPEG", lambda: encoded(_picture().convert("L"), "JPEG"), (OK,))
    yield Case("JPEG without end", lambda: encoded(_picture(), "JPEG")[:-2], (OK, UNREADABLE))
    yield Case("JPEG of 12 bits", lambda: _with_frame(bytes([12])), (UNREADABLE,))
    yield Case("lossless JPEG", lambda: encoded(_picture(), "JPEG").replace(b"\xff\xc0", b"\xff\xc3"), (UNREADABLE,))
    yield Case("three bytes of a JPEG", lambda: b"\xff\xd8\xff", (UNREADABLE,))
    yield Case("eight bytes of a PNG", lambda: PNG_SIGNATURE, (UNREADABLE,))


def _odd_exif() -> Iterator[Case]:
    for name, exif in {
        "that is cut off": b"Exif\0\0II*\0\x08",
        "of zeros": b"Exif\0\0" + bytes(60_000),
        "that points to itself": b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\4\0\0\0\1\0\0\0\x08" * 5_000,
        "that points beyond its end": b"Exif\0\0MM\0*\xff\xff\xff\xff",
        "with orientation 99": _orientation(99),
        "with orientation 6": _orientation(6),
    }.items():
        for kind in ("JPEG", "PNG"):
            yield Case(f"{kind} with EXIF {name}", partial(_with_exif, kind, exif), (OK,))


def _picture() -> Image.Image:
    return Image.fromarray(np.repeat(_noise((6, 8, 3)), 10, axis=0).repeat(10, axis=1))


def _black(size: tuple[int, int]) -> bytes:
    return encoded(Image.new("RGB", size), "PNG")


def _of_mode(mode: str) -> bytes:
    return encoded(_picture().convert(mode), "PNG")


def _noise(shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 255, shape, np.uint8)


def _huge(name: bytes, head: bytes) -> bytes:
    """A chunk that holds 100 MB of zeros."""
    packer = zlib.compressobj(9)
    zeros = bytes(10**7)
    return chunk(
        name, head + b"".join(packer.compress(zeros) for _ in range(BOMB_BYTES // len(zeros))) + packer.flush()
    )


def _png_of_one_gray(side: int) -> bytes:
    return png(pixels((side, side), channels=1), size=(side, side), color=0)


def _jpeg_with(extra: bytes) -> bytes:
    return behind_start(encoded(_picture(), "JPEG"), [extra])


def _jpeg_that_claims_to_be_large() -> bytes:
    content = encoded(_picture(), "JPEG")
    return content.replace(struct.pack(">HH", 60, 80), struct.pack(">HH", 65_500, 65_500), 1)


def _with_palette(palette: bytes) -> bytes:
    indices = zlib.compress((b"\0" + bytes(range(40))) * 40)
    return png(chunk(b"PLTE", palette), chunk(b"IDAT", indices), color=3)


def _animated() -> bytes:
    return encoded(_picture(), "PNG", save_all=True, append_images=[_picture().transpose(Image.Transpose.ROTATE_180)])


def _with_frame_count() -> bytes:
    return png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), pixels())


def _with_wrong_checksums(content: bytes) -> bytes:
    place = content.index(b"IDAT")
    (length,) = struct.unpack_from(">I", content, place - 4)
    end = place + 4 + length
    return content[:end] + b"\0\0\0\0" + content[end + 4 :]


def _with_frame(precision: bytes) -> bytes:
    content = encoded(_picture(), "JPEG")
    place = content.index(b"\xff\xc0") + 4
    return content[:place] + precision + content[place + 1 :]


def _orientation(value: int) -> bytes:
    return b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1" + struct.pack(">H", value) + bytes(6)


def _with_exif(kind: str, exif: bytes) -> bytes:
    content = encoded(_picture(), kind)
    if kind == "JPEG":
        return behind_start(content, [segment(0xE1, exif[:65_000])])
    place = content.index(b"IDAT") - 4
    return content[:place] + chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")) + content[place:]
