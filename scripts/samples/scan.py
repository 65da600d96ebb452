"""What happens to a sheet of paper on its way into a file: printer, paper, light, lens.

In: a clean image and a named condition. Out: the same image as a scanner or a phone would have seen it, still easy to
read.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a sheet was captured.

    Attributes:
        dpi: Pixels an inch.
        paper: Its color, red green blue.
        ink: How dark the ink is, 0..1.
        angle_deg: How far it lies askew at most, either way.
        blur_px: Radius of the lens's blur.
        noise: Standard deviation of the sensor's noise, of 255.
        shade: How much darker the darkest corner is, 0..1.
        surround: The color behind the sheet, and the width of it in pixels around.
        bilevel: Whether only black and white are left, as in a fax.
    """

    dpi: int = 200
    paper: tuple[int, int, int] = (252, 252, 250)
    ink: float = 0.92
    angle_deg: float = 0.4
    blur_px: float = 0.5
    noise: float = 2.5
    shade: float = 0.03
    surround: tuple[tuple[int, int, int], int] = ((246, 246, 246), 12)
    bilevel: bool = False


CONDITIONS: dict[str, Condition] = {
    "clean": Condition(noise=0, shade=0, blur_px=0.3, angle_deg=0),
    "flatbed": Condition(),
    "thermal": Condition(paper=(248, 246, 240), ink=0.78, blur_px=0.8, noise=4, shade=0.08, angle_deg=0.8),
    "office": Condition(dpi=150, blur_px=0.4, noise=2, angle_deg=0.6, surround=((250, 250, 250), 0)),
    "fax": Condition(noise=3, blur_px=0.4, angle_deg=0.3, bilevel=True, surround=((255, 255, 255), 0)),
    "photo": Condition(
        paper=(243, 240, 232), ink=0.8, blur_px=0.9, noise=4, shade=0.25, angle_deg=1, surround=((96, 74, 58), 90)
    ),
}


def captured(image: Image.Image, *, condition: Condition, rng: np.random.Generator) -> Image.Image:
    """`image`, an upright sheet in RGB at the condition's resolution, as it was captured."""
    page = _inked(np.asarray(image, dtype=np.float32), condition)
    turned = _askew(_image(page), condition, float(rng.uniform(-1, 1)))
    blurred = turned.filter(ImageFilter.GaussianBlur(condition.blur_px))
    lit = _lit(np.asarray(blurred, dtype=np.float32), condition, rng)
    result = _image(lit)
    return result.convert("L").point(_faxed, mode="1") if condition.bilevel else result


def _faxed(value: int) -> int:
    """Black or white, whichever is nearer; thin strokes that blur made gray stay black."""
    darkest_white = 150
    return 255 if value > darkest_white else 0


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _inked(pixels: Pixels, condition: Condition) -> Pixels:
    """White becomes the paper, black the ink on it."""
    darkness = (1 - pixels / 255) * condition.ink
    return (np.asarray(condition.paper, dtype=np.float32) * (1 - darkness)).astype(np.float32)


def _askew(image: Image.Image, condition: Condition, lean: float) -> Image.Image:
    """The sheet on what lies behind it, turned by `lean` (-1..1) of the largest angle."""
    color, border = condition.surround
    size = (image.width + 2 * border, image.height + 2 * border)
    desk = Image.new("RGB", size, color)
    desk.paste(image, (border, border))
    return desk.rotate(lean * condition.angle_deg, Image.Resampling.BICUBIC, fillcolor=color)


def _lit(pixels: Pixels, condition: Condition, rng: np.random.Generator) -> Pixels:
    """Light that falls off toward one corner, and the sensor's noise, the same in all three channels."""
    height, width = pixels.shape[:2]
    across, down = np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)
    if rng.integers(2):
        across = across[::-1]
    light = 1 - condition.shade * (across[None, :] + down[:, None]) / 2
    grain = rng.normal(0, condition.noise, (height, width)).astype(np.float32)
    return (pixels * light[..., None] + grain[..., None]).astype(np.float32)
