"""Where the letters come from, and how wide they are.

The fonts of Latin, Cyrillic, Greek, Hebrew and Arabic letters travel inside wheels that the development tools pin, so
nothing is downloaded: DejaVu (free, after Bitstream Vera) in the OpenCV wheel, Droid Sans Mono (Apache-2.0) in
`captcha`, Source Serif (OFL-1.1) in `font-source-serif-pro`. Thai, Korean, Devanagari and a second Arabic font are
Debian's, as `scripts/fetch_scripts.py --fonts` fetches them. The only module that imports fontTools.
"""

import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from fontTools.ttLib import TTFont
from PIL import ImageFont

Face: TypeAlias = (
    Literal["sans", "sans-bold", "narrow", "narrow-bold", "mono", "serif", "serif-bold"]
    | Literal["arabic", "devanagari", "korean", "thai"]
)

_FILES: dict[Face, tuple[str, str]] = {
    "sans": ("cv2", "qt/fonts/DejaVuSans.ttf"),
    "sans-bold": ("cv2", "qt/fonts/DejaVuSans-Bold.ttf"),
    "narrow": ("cv2", "qt/fonts/DejaVuSansCondensed.ttf"),
    "narrow-bold": ("cv2", "qt/fonts/DejaVuSansCondensed-Bold.ttf"),
    "mono": ("captcha", "data/DroidSansMono.ttf"),
    "serif": ("font_source_serif_pro", "files/SourceSerifPro-Regular.ttf"),
    "serif-bold": ("font_source_serif_pro", "files/SourceSerifPro-Semibold.ttf"),
}

_DEBIAN_FILES: dict[Face, str] = {
    "arabic": "kacst/KacstOffice.ttf",
    "devanagari": "lohit-devanagari/Lohit-Devanagari.ttf",
    "korean": "nanum/NanumGothic.ttf",
    "thai": "tlwg/Loma.ttf",
}
FONT_PACKAGES = ("fonts-kacst", "fonts-lohit-deva", "fonts-nanum", "fonts-tlwg-loma-ttf")
FONT_FOLDERS = (Path(sys.prefix, "share", "fonts"), Path("/usr/share/fonts/truetype"))

_SHAPED = re.compile("[\u0590-\u08ff\u0900-\u0e7f]")
"""Hebrew and Arabic, which run the other way, and letters that change their form beside others."""

_PRIVATE_USE = 0xE000  # Where Unicode leaves code points without a meaning.


@cache
def font_path(face: Face) -> Path:
    """The font file of `face`.

    Raises:
        FileNotFoundError: The wheel that carries it is not installed.
    """
    if face in _DEBIAN_FILES:
        return _debian_path(_DEBIAN_FILES[face])
    package, name = _FILES[face]
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / name).is_file():
            return path
    raise FileNotFoundError(
        f"The font of face {face!r} is {name} of the wheel that installs {package!r}: run `make setup`."
    )


def _debian_path(name: str) -> Path:
    for folder in FONT_FOLDERS:
        for path in (folder / name, folder / Path(name).name):
            if path.is_file():
                return path
    raise FileNotFoundError(f"The font {name} is missing: run `make setup`, or install {' '.join(FONT_PACKAGES)}.")


def missing_fonts() -> list[str]:
    """The files of Debian's fonts that are not here."""
    return [
        name
        for name in _DEBIAN_FILES.values()
        if not any((folder / part).is_file() for folder in FONT_FOLDERS for part in (name, Path(name).name))
    ]


@cache
def shaping(face: Face, pixels: float) -> ImageFont.FreeTypeFont:
    """`face` with an engine that joins letters, and sets those that run the other way."""
    return ImageFont.truetype(font_path(face), pixels, layout_engine=ImageFont.Layout.RAQM)


def is_shaped(text: str) -> bool:
    """Whether a text's letters cannot be drawn one after the other."""
    return _SHAPED.search(text) is not None


def direction_of(text: str) -> Literal["rtl", "ltr"]:
    """Which way a line with this text runs."""
    return "rtl" if any("\u0590" <= letter <= "\u08ff" for letter in text) else "ltr"


@cache
def sized(face: Face, pixels: float) -> ImageFont.FreeTypeFont:
    """`face` at a height of `pixels`, ready to draw with."""
    return ImageFont.truetype(font_path(face), pixels, layout_engine=ImageFont.Layout.BASIC)


@cache
def advances(face: Face) -> Mapping[str, float]:
    """Every character that `face` can draw, and how far it moves the pen at size 1."""
    with TTFont(font_path(face)) as font:
        em, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {chr(code): widths[glyph][0] / em for code, glyph in font.getBestCmap().items()}


def text_width(text: str, *, face: Face, size: float) -> float:
    """Points from the left to the right of `text`, without kerning: PDF writers and tills know none.

    Raises:
        ValueError: The face has no glyph for one of the characters.
    """
    if is_shaped(text):
        return size * shaping(face, 100).getlength(text, direction=direction_of(text)) / 100
    known = advances(face)
    if missing := set(text) - known.keys():
        raise ValueError(f"Face {face!r} cannot draw {sorted(missing)}; choose another face or another wording.")
    return size * sum(known[letter] for letter in text)


def wrapped(text: str, *, face: Face, size: float, width: float) -> tuple[str, ...]:
    """`text` in lines that are at most `width` points wide, broken at spaces."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, face=face, size=size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


@cache
def garbling(face: Face) -> dict[int, int]:
    """Code point -> its stand-in from the private use area, for every character of `face`."""
    return {ord(letter): _PRIVATE_USE + no for no, letter in enumerate(sorted(advances(face)))}


def garbled_font(face: Face, *, folder: Path) -> Path:
    """A copy of the font, in `folder`, that draws every letter under its stand-in, as careless PDF writers do."""
    path, stand_ins = folder / f"{face}.ttf", garbling(face)
    with TTFont(font_path(face), recalcTimestamp=False) as font:
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap = {stand_ins[code]: glyph for code, glyph in table.cmap.items() if code in stand_ins}
        font.save(path)
    return path
