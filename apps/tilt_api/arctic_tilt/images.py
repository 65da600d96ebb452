"""Pages' images as the U-Net takes them.

In: PIL images. Out: float32 tensors from 0 (black) to 1 (white).
"""

import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.unet import GRANULARITY

GRAY_WEIGHTS = (0.001172, 0.002302, 0.000447)
"""Shares of red, green and blue in gray, on the scale of 1 / 255."""
SUPPORT = 4
"""Rows beyond the last one that is looked at which bicubic resampling may read, in either scale; it needs 2."""


def scaled_height(image: Image.Image, config: TiltConfig) -> int:
    """Rows of the image once it is scaled to the model's width and cut to its height."""
    return min(_whole_height(image, config), config.max_image_height)


def _whole_height(image: Image.Image, config: TiltConfig) -> int:
    return max(1, image.height * config.image_width // image.width)


def image_tensor(image: Image.Image, config: TiltConfig) -> Tensor:
    """An image of mode L or RGB -> (1, scaled height, image width), gray.

    Rows below the model's height are left out before scaling, as far as resampling does not reach them: what it costs
    does not depend on how tall the image is.
    """
    rows, whole = scaled_height(image, config), _whole_height(image, config)
    seen = min(image.height, math.ceil((rows + SUPPORT) * image.height / whole) + SUPPORT)
    planes = _planes(image.crop((0, 0, image.width, seen)))
    wide = _resampled(planes, size=(seen, config.image_width))
    if seen == image.height:
        return _gray(_resampled(wide, size=(whole, config.image_width))[:, :rows])
    return _gray(_resampled(wide, scale=(whole / image.height, 1.0))[:, :rows])


def _planes(image: Image.Image) -> Tensor:
    pixels = torch.from_numpy(np.array(image)).float()
    return pixels.unsqueeze(0) if pixels.ndim == 2 else pixels.permute(2, 0, 1)  # noqa: PLR2004 - rows, columns


def _resampled(
    planes: Tensor, *, size: tuple[int, int] | None = None, scale: tuple[float, float] | None = None
) -> Tensor:
    return functional.interpolate(planes.unsqueeze(0), size=size, scale_factor=scale, mode="bicubic", antialias=True)[0]


def _gray(planes: Tensor) -> Tensor:
    if len(planes) == 1:
        return planes / 255
    return torch.einsum("chw,c->hw", planes, torch.tensor(GRAY_WEIGHTS)).unsqueeze(0)


def padded(image: Tensor, *, height: int) -> Tensor:
    """White paper below and to the right of (1, h, w), up to `height` rows, both sides rounded up to 64 pixels."""
    down = padded_side(height) - image.shape[1]
    right = padded_side(image.shape[2]) - image.shape[2]
    return functional.pad(image, (0, right, 0, down), value=1.0)


def padded_side(pixels: int) -> int:
    """Rounded up to what the U-Net can halve."""
    return math.ceil(pixels / GRANULARITY) * GRANULARITY
