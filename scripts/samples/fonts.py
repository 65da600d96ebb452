"""Where the letters come from, and how wide they are.

The fonts travel inside wheels that the development tools pin, so nothing is downloaded: DejaVu (free, after Bitstream
Vera) in the OpenCV wheel, Droid Sans Mono (Apache-2.0) in `captcha`, Source Serif (OFL-1.1) in `font-source-serif-pro`.
The only module that imports fontTools.
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from fontTools.ttLib import TTFont
from PIL import ImageFont

Face: TypeAlias = Literal["sans", "sans-bold", "narrow", "narrow-bold", "mono", "serif", "serif-bold"]

_FILES: dict[Face, tuple[str, str]] = {
    "sans": ("cv2", "qt/fonts/DejaVuSans.ttf"),
    "sans-bold": ("cv2", "qt/fonts/DejaVuSans-Bold.ttf"),
    "narrow": ("cv2", "qt/fonts/DejaVuSansCondensed.ttf"),
    "narrow-bold": ("cv2", "qt/fonts/DejaVuSansCondensed-Bold.ttf"),
    "mono": ("captcha", "data/DroidSansMono.ttf"),
    "serif": ("font_source_serif_pro", "files/SourceSerifPro-Regular.ttf"),
    "serif-bold": ("font_source_serif_pro", "files/SourceSerifPro-Semibold.ttf"),
}

_PRIVATE_USE = 0xE000  # Where Unicode leaves code points without a meaning.


@cache
def font_path(face: Face) -> Path:
    """The font file of `face`.

    Raises:
        FileNotFoundError: The wheel that carries it is not installed.
    """
    package, name = _FILES[face]
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / name).is_file():
            return path
    raise FileNotFoundError(
        f"The font of face {face!r} is {name} of the wheel that installs {package!r}: run `make setup`."
    )


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
