"""lib/pipelines/images/decoding.py: image files of every make become upright blue-green-red pixels."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from lib.errors import UnreadableDocument
from lib.pipelines.images.decoding import decode, read_sizes

RED, LIME, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", /, **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def corners() -> Image.Image:
    """A 64 x 32 picture, upright: red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", (64, 32))
    for color, place in zip((RED, LIME, BLUE, WHITE), ((0, 0), (32, 0), (0, 16), (32, 16)), strict=True):
        picture.paste(color, (*place, place[0] + 32, place[1] + 16))
    return picture


def stored_with(orientation: int) -> Image.Image:
    """The corners turned as a camera stores them that notes `orientation`."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    return corners() if undo is None else corners().transpose(undo)


def orientation_exif(orientation: int) -> Image.Exif:
    """EXIF data that hold nothing else."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def corner_colors(content: bytes, content_type: str) -> list[tuple[int, ...]]:
    """Red, green, blue near the four corners of the decoded picture, rounded to 0 or 255."""
    pixels = decode(content, content_type)
    height, width, _ = pixels.shape
    places = ((4, 4), (4, width - 5), (height - 5, 4), (height - 5, width - 5))
    return [tuple(int(value > 127) * 255 for value in pixels[place][::-1]) for place in places]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_decode_exif_orientation_turns_jpeg_upright(orientation: int) -> None:
    """All eight ways to hold a camera give the same picture, of the size told beforehand."""
    content = encoded(stored_with(orientation), "JPEG", exif=orientation_exif(orientation), quality=95, subsampling=0)

    assert corner_colors(content, "image/jpeg") == [RED, LIME, BLUE, WHITE]
    assert read_sizes(content, "image/jpeg", most=1) == ((64, 32),)


@pytest.mark.parametrize("late", [pytest.param(False, id="before pixels"), pytest.param(True, id="behind pixels")])
def test_decode_exif_in_png_turns_it_upright(late: bool) -> None:
    """PNGs may note their orientation, too, and some writers do so behind the pixels."""
    if late:
        plain = encoded(stored_with(6))
        exif = orientation_exif(6).tobytes().removeprefix(b"Exif\0\0")
        body = b"eXIf" + exif
        chunk = struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body))
        content = plain[:-12] + chunk + plain[-12:]
    else:
        content = encoded(stored_with(6), exif=orientation_exif(6))

    assert corner_colors(content, "image/png") == [RED, LIME, BLUE, WHITE]
    assert read_sizes(content, "image/png", most=1) == ((64, 32),)


@pytest.mark.parametrize("orientation", [0, 9, 274])
def test_decode_orientation_out_of_range_is_ignored(orientation: int) -> None:
    """A number that means nothing leaves the picture as it is."""
    content = encoded(corners(), "JPEG", exif=orientation_exif(orientation), quality=95, subsampling=0)

    assert corner_colors(content, "image/jpeg") == [RED, LIME, BLUE, WHITE]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow's JPEG decoder looks for dots per inch there.
def test_decode_broken_exif_reads_the_picture() -> None:
    """EXIF data cut off in the middle are no reason to refuse a picture."""
    content = encoded(corners(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0", quality=95, subsampling=0)

    assert corner_colors(content, "image/jpeg") == [RED, LIME, BLUE, WHITE]


def palette(transparent: bool) -> bytes:
    """A palette image: index 0 red, 1 green; with `transparent`, 0 cannot be seen."""
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putdata([0, 1])
    return encoded(image, transparency=0) if transparent else encoded(image)


def two(mode: str, left: int | tuple[int, ...], right: int | tuple[int, ...], **options: object) -> bytes:
    """An image of two pixels."""
    image = Image.new(mode, (2, 1))
    image.putpixel((0, 0), left)
    image.putpixel((1, 0), right)
    return encoded(image, **options)


@pytest.mark.parametrize(
    ("content", "left", "right"),
    [
        pytest.param(two("RGB", RED, LIME), RED, LIME, id="color"),
        pytest.param(two("L", 0, 200), (0, 0, 0), (200, 200, 200), id="gray"),
        pytest.param(two("1", 0, 255), (0, 0, 0), WHITE, id="one bit"),
        pytest.param(palette(transparent=False), RED, LIME, id="palette"),
        pytest.param(palette(transparent=True), WHITE, LIME, id="palette with a transparent entry"),
        pytest.param(two("RGBA", (*RED, 0), (*RED, 255)), WHITE, RED, id="alpha"),
        pytest.param(two("RGBA", (0, 0, 0, 128), (0, 0, 0, 255)), (127, 127, 127), (0, 0, 0), id="half alpha"),
        pytest.param(two("LA", (0, 0), (0, 255)), WHITE, (0, 0, 0), id="gray with alpha"),
        pytest.param(two("RGB", RED, LIME, transparency=RED), WHITE, LIME, id="color with a transparent one"),
        pytest.param(two("L", 0, 7, transparency=0), WHITE, (7, 7, 7), id="gray with a transparent one"),
        pytest.param(two("I;16", 0x8000, 0xFFFF), (128, 128, 128), WHITE, id="16-bit gray"),
        pytest.param(two("I;16", 0x0100, 0x7F00), (1, 1, 1), (127, 127, 127), id="16-bit gray, dark"),
    ],
)
def test_decode_any_mode_gives_colors_on_white(
    content: bytes, left: tuple[int, int, int], right: tuple[int, int, int]
) -> None:
    """Whatever a PNG stores, the pixels are 8-bit colors as seen on paper; deep ones are scaled, not clipped."""
    pixels = decode(content, "image/png")

    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert [tuple(pixel[::-1].tolist()) for pixel in pixels[0]] == [left, right]


def test_decode_16_bit_color_png_is_scaled() -> None:
    """Deep color keeps its high bytes."""
    row = b"\0" + struct.pack(">6H", 0xFFFF, 0x8000, 0x0000, 0x0100, 0x7FFF, 0x4000)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(row)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )

    assert decode(content, "image/png")[0, :, ::-1].tolist() == [[255, 128, 0], [1, 127, 64]]


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_decode_jpeg_of_any_mode_keeps_colors(mode: str) -> None:
    """Print shops send CMYK; red stays red, up to what JPEG loses."""
    color = (0, 255, 255, 0) if mode == "CMYK" else 90 if mode == "L" else RED
    expected = (90, 90, 90) if mode == "L" else RED

    pixels = decode(encoded(Image.new(mode, (16, 16), color), "JPEG", quality=95), "image/jpeg")

    assert np.abs(pixels[8, 8, ::-1].astype(int) - expected).max() <= 3


def test_decode_animated_png_gives_first_frame() -> None:
    """An animation is read as what it shows at first."""
    frames = [Image.new("RGB", (4, 4), color) for color in (RED, LIME)]
    content = encoded(frames[0], save_all=True, append_images=frames[1:])

    assert decode(content, "image/png")[0, 0].tolist() == [0, 0, 255]


def test_decode_several_strips_gives_whole_picture() -> None:
    """The seams between strips cannot be seen."""
    ramp = np.add.outer(np.arange(1300), np.arange(1000)).astype(np.uint8)

    pixels = decode(encoded(Image.fromarray(ramp)), "image/png")

    assert np.array_equal(pixels, np.repeat(ramp[..., None], 3, axis=2))


def noise(kind: str) -> bytes:
    """A picture that no compression makes small."""
    return encoded(Image.fromarray(np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8)), kind)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda content: content[: len(content) // 2], id="half"),
        pytest.param(lambda content: content[:60], id="header only"),
        pytest.param(lambda content: content[:10], id="ten bytes"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_decode_truncated_file_raises_unreadable(kind: str, spoil: Callable[[bytes], bytes]) -> None:
    """Half a picture is refused, and the message says so."""
    with pytest.raises(UnreadableDocument, match=f"The {kind} file is truncated or damaged"):
        decode(spoil(noise(kind)), f"image/{kind.lower()}")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_decode_flipped_bytes_either_reads_or_refuses(kind: str) -> None:
    """Damage anywhere in the file ends in pixels or in UnreadableDocument, never in another error."""
    content, random = noise(kind), np.random.default_rng(11)
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(damaged), 3):
            damaged[place] = random.integers(0, 256)
        try:
            outcomes.add(decode(bytes(damaged), f"image/{kind.lower()}").ndim)
        except UnreadableDocument:
            outcomes.add(0)

    assert outcomes <= {0, 3}
    assert 0 in outcomes
