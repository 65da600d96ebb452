"""lib/pipelines/images/formats.py: what phones, scanners and screenshots write beside JPEG and PNG."""

import struct
from collections.abc import AsyncIterator

import numpy as np
import pytest
from PIL import Image

from lib.errors import TooManyPages, TooManyPixels, UnreadableDocument, UnsupportedMediaType
from lib.pipelines.images.decoding import decode, read_sizes
from lib.pipelines.pages import open_upload
from lib.settings import UploadSettings, load_settings
from tests.picture_files import EMPTY, LOSSLESS, LOSSY, bomb, encoded, tiff, tiff_header
from tests.unit.pipelines.images.test_images import (
    BLUE,
    LIME,
    RED,
    WHITE,
    corner_colors,
    corners,
    orientation_exif,
    stored_with,
)

NEW_TYPES = sorted(EMPTY)
EVERY = [(name, *file) for files in (LOSSLESS, LOSSY) for name, file in files.items()]


@pytest.fixture(scope="module")
def upload() -> UploadSettings:
    """Every type is accepted, three pages at most."""
    allowed = ",".join(["application/pdf", "image/jpeg", "image/png", *NEW_TYPES])
    return load_settings({"ALLOWED_CONTENT_TYPES": allowed, "MAX_PAGES": "3"}).upload


@pytest.mark.parametrize(
    ("content_type", "kind", "options"), EVERY, ids=[f"{kind} {options}" for _, kind, options in EVERY]
)
@pytest.mark.anyio
async def test_open_upload_of_any_format_has_its_pixels(
    upload: UploadSettings, content_type: str, kind: str, options: dict[str, object]
) -> None:
    """The content says what it is; size and colors are those of the picture."""
    content = encoded(corners().resize((640, 320), Image.Resampling.NEAREST), kind, **options)

    async with open_upload(content, settings=upload) as opened:
        (page,) = opened.pages
        pixels = await opened.image(page)

    assert opened.content_type == content_type
    assert (page.page_index, page.width, page.height, page.source) == (0, 640, 320, "ocr")
    assert pixels.shape == (320, 640, 3)
    places = ((80, 160), (80, 480), (240, 160), (240, 480))
    seen = np.array([pixels[place][::-1] for place in places], int)
    assert np.abs(seen - [RED, LIME, BLUE, WHITE]).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("content_type", "kind", "options"),
    [
        pytest.param("image/webp", "WEBP", {"lossless": True}, id="webp-by-exif"),
        pytest.param("image/tiff", "TIFF", {}, id="tiff-by-its-own-tag"),
        pytest.param("image/avif", "AVIF", {"quality": 100, "subsampling": "4:4:4"}, id="avif-by-its-properties"),
        pytest.param("image/heic", "HEIF", {"quality": 95, "chroma": 444}, id="heic-by-its-properties-and-exif"),
    ],
)
def test_decode_orientation_turns_upright_once(
    content_type: str, kind: str, options: dict[str, object], orientation: int
) -> None:
    """Whoever heeds the orientation, the decoder or we, it is heeded once, and the size is told accordingly."""
    content = encoded(stored_with(orientation), kind, **options, exif=orientation_exif(orientation).tobytes())

    assert corner_colors(content, content_type) == [RED, LIME, BLUE, WHITE]
    assert read_sizes(content, content_type, most=1) == ((64, 32),)


def gray(width: int, shade: int, *, mode: str = "L") -> Image.Image:
    """A page of one shade, as wide as told."""
    return Image.new("L", (width, 20), shade).convert(mode)


@pytest.mark.anyio
async def test_open_upload_tiff_of_several_frames_has_a_page_each(upload: UploadSettings) -> None:
    """Scanners write one file for the whole document; sizes and depths may differ, thumbnails are no pages."""
    content = tiff(gray(30, 255, mode="1"), gray(8, 9), gray(40, 100), gray(50, 7), thumbnails=frozenset({1}))

    async with open_upload(content, settings=upload) as opened:
        shades = [(await opened.image(page))[0, 0].tolist() for page in reversed(opened.pages)]

    assert [(page.page_index, page.width) for page in opened.pages] == [(0, 30), (1, 40), (2, 50)]
    assert shades == [[7] * 3, [100] * 3, [255] * 3]


def test_read_sizes_of_tiff_with_nothing_but_a_thumbnail_has_that() -> None:
    """A scanner that mislabels its only page is forgiven."""
    assert read_sizes(tiff(gray(30, 0), thumbnails=frozenset({0})), "image/tiff", most=3) == ((30, 20),)


@pytest.mark.anyio
async def test_open_upload_tiff_of_too_many_frames_is_refused(upload: UploadSettings) -> None:
    """Pages are never cut off in silence."""
    with pytest.raises(TooManyPages, match="more than 3 pages"):
        async with open_upload(tiff(*[gray(30, 0)] * 4), settings=upload):
            raise AssertionError("opened")


def test_read_sizes_of_tiff_whose_frames_go_in_circles_ends() -> None:
    """A chain of frames that leads back to itself has as many pages as frames."""
    content = bytearray(tiff_header(30, 20) + bytes(600))
    end = 10 + 12 * 9
    content[end : end + 4] = (8).to_bytes(4, "little")

    assert read_sizes(bytes(content), "image/tiff", most=3) == ((30, 20),)


@pytest.mark.parametrize(
    ("content_type", "kind"), [("image/gif", "GIF"), ("image/webp", "WEBP"), ("image/avif", "AVIF")]
)
def test_decode_animation_gives_its_first_frame(content_type: str, kind: str) -> None:
    """An animation is one page: what it shows at first."""
    frames = [Image.new("RGB", (64, 64), color) for color in (RED, LIME)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)

    assert read_sizes(content, content_type, most=3) == ((64, 64),)
    assert np.abs(decode(content, content_type)[32, 32].astype(int) - [0, 0, 255]).max() <= 4


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "GIF"])
def test_decode_transparent_picture_is_on_white(kind: str) -> None:
    """What cannot be seen on paper is white."""
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}

    assert decode(encoded(picture, kind, **options), f"image/{kind.lower()}").min() == 255


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "YCbCr", "I;16", "LAB"])
def test_decode_tiff_of_any_mode_gives_colors_or_refuses(mode: str) -> None:
    """What scanners and print shops write is read; a color space that cannot be told is refused."""
    white = Image.new("RGB", (8, 8), "white")
    picture = Image.new("I;16", (8, 8), 0xFFFF) if mode == "I;16" else _converted(white, mode)

    try:
        assert decode(encoded(picture, "TIFF"), "image/tiff").min() >= 254
    except UnreadableDocument:
        assert mode == "LAB"


def _converted(image: Image.Image, mode: str) -> Image.Image:
    return Image.new("LAB", image.size, (255, 128, 128)) if mode == "LAB" else image.convert(mode)


async def _opening(content: bytes, settings: UploadSettings) -> AsyncIterator[int]:
    async with open_upload(content, settings=settings) as opened:
        for page in opened.pages:
            yield (await opened.image(page)).ndim


async def outcome(content: bytes, settings: UploadSettings) -> type[Exception] | None:
    """How reading ends: None, or the error."""
    try:
        async for ndim in _opening(content, settings):
            assert ndim == 3
    except (UnreadableDocument, TooManyPixels, TooManyPages, UnsupportedMediaType) as exc:
        return type(exc)
    return None


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", NEW_TYPES)
async def test_open_upload_of_header_that_promises_too_many_pixels_is_refused(
    upload: UploadSettings, content_type: str
) -> None:
    """Pixels are counted before any is made."""
    with pytest.raises(TooManyPixels, match="MAX_PIXELS"):
        async with open_upload(bomb(content_type), settings=upload):
            raise AssertionError("opened")


@pytest.mark.anyio
async def test_open_upload_of_webp_beyond_what_pillow_reads_is_refused(upload: UploadSettings) -> None:
    """Pillow has a limit of its own, which comes first."""
    content = bytearray(bomb("image/webp"))
    content[26:30] = (16_383).to_bytes(2, "little") * 2

    assert await outcome(bytes(content), upload) is TooManyPixels


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", NEW_TYPES)
async def test_open_upload_of_file_without_a_picture_is_refused(upload: UploadSettings, content_type: str) -> None:
    """A container with nothing in it is no document."""
    assert await outcome(EMPTY[content_type], upload) is UnreadableDocument


def noise(content_type: str) -> bytes:
    """A picture of this type that no compression makes small."""
    image = Image.fromarray(np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8))
    kind, options = LOSSLESS[content_type] if content_type in LOSSLESS else LOSSY[content_type]
    return encoded(image, kind, **options)


@pytest.mark.anyio
@pytest.mark.parametrize("share", [pytest.param(0.5, id="half"), pytest.param(0.97, id="all-but-the-end")])
@pytest.mark.parametrize("content_type", NEW_TYPES)
async def test_open_upload_of_truncated_file_is_refused(
    upload: UploadSettings, content_type: str, share: float
) -> None:
    """A part of a picture is not taken for the whole."""
    content = noise(content_type)

    assert await outcome(content[: int(len(content) * share)], upload) is UnreadableDocument


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("content_type", NEW_TYPES)
async def test_open_upload_of_damaged_file_reads_or_refuses(upload: UploadSettings, content_type: str) -> None:
    """Damage anywhere in the file ends in pixels or in a refusal, never in another error or a dead service."""
    content, random = noise(content_type), np.random.default_rng(11)
    outcomes = set()
    for _ in range(120):
        damaged = bytearray(content)
        for place in random.integers(0, min(len(damaged), 600), 3):
            damaged[place] = random.integers(0, 256)
        outcomes.add(await outcome(bytes(damaged), upload))

    assert len(outcomes) > 1


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", [each for each in NEW_TYPES if each != "image/webp"])
async def test_open_upload_of_type_that_is_not_accepted_says_what_to_set(content_type: str) -> None:
    """Whoever runs the service learns how to accept it."""
    with pytest.raises(UnsupportedMediaType, match=f"ALLOWED_CONTENT_TYPES\\). Add {content_type} to it"):
        async with open_upload(noise(content_type), settings=load_settings({}).upload):
            raise AssertionError("opened")


@pytest.mark.anyio
async def test_open_upload_of_heic_accepted_as_heif_is_read() -> None:
    """The two names of one container mean the same."""
    settings = load_settings({"ALLOWED_CONTENT_TYPES": "image/heif"}).upload

    assert await outcome(noise("image/heic"), settings) is None


@pytest.mark.anyio
async def test_open_upload_of_avif_that_calls_itself_mif1_is_avif(upload: UploadSettings) -> None:
    """What a container is says the list of its brands, where the first is a general one."""
    content = noise("image/avif")
    assert content[8:12] == b"avif"
    renamed = content[:8] + b"mif1" + content[12:]

    async with open_upload(renamed, settings=upload) as opened:
        assert opened.content_type == "image/avif"


@pytest.mark.anyio
async def test_open_upload_of_heic_larger_than_it_says_is_refused(upload: UploadSettings) -> None:
    """A header that hides a large picture is no way around the limit of pixels."""
    content = encoded(Image.new("RGB", (2048, 2048), "red"), "HEIF")
    place = content.index(b"ispe") + 8  # Behind the box's name, version and flags.
    modest = content[:place] + struct.pack(">II", 64, 64) + content[place + 8 :]

    assert await outcome(modest, upload) is UnreadableDocument
