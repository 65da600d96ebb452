"""The U-Net that looks at a page.

In: images on a scale from 0 (black) to 1 (white), sides divisible by 64. Out: feature maps at an eighth of the size.
Names of submodules are those of the checkpoint.

Source: Ronneberger et al., 2015; TILT keeps three of its six ways up.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from apps.tilt_api.arctic_tilt.configuration import TiltConfig

STRIDE = 8
"""Pixels of the image for one of the map, along each side."""
GRANULARITY = 64
"""What an image's sides must be divisible by: six times halved."""
WAYS_UP = (6, 5, 4)


def block(prefix: str, channels_in: int, channels_out: int) -> nn.Sequential:
    """Two 3x3 convolutions, each with batch norm and ReLU."""
    layers = nn.Sequential()
    for number, inputs in ((1, channels_in), (2, channels_out)):
        convolution = nn.Conv2d(inputs, channels_out, kernel_size=3, padding=1, bias=False)
        layers.add_module(f"{prefix}conv{number}", convolution)
        layers.add_module(f"{prefix}norm{number}", nn.BatchNorm2d(channels_out))
        layers.add_module(f"{prefix}relu{number}", nn.ReLU(inplace=True))
    return layers


class UNet(nn.Module):
    """(B, 1, height, width) -> (B, unet_out_features, height / 8, width / 8)."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        first = config.unet_init_features
        widths = [first * factor for factor in (1, 2, 2, 4, 4, 8)]
        for level, (inputs, outputs) in enumerate(zip([config.unet_in_channels, *widths], widths, strict=False), 1):
            self.add_module(f"encoder{level}", block(f"enc{level}", inputs, outputs))
        self.bottleneck = block("bottleneck", widths[-1], 2 * widths[-1])
        inputs = 2 * widths[-1]
        for level, outputs in zip(WAYS_UP, (widths[5], widths[4], config.unet_out_features), strict=True):
            skipped = widths[level - 1]
            self.add_module(f"upconv{level}", nn.ConvTranspose2d(inputs, skipped, kernel_size=2, stride=2))
            self.add_module(f"decoder{level}", block(f"dec{level}", 2 * skipped, outputs))
            inputs = outputs

    def forward(self, images: Tensor) -> Tensor:
        """Look at a batch of images of one size."""
        x = 1 - images
        skips: dict[int, Tensor] = {}
        for level in range(1, max(WAYS_UP) + 1):
            x = self.get_submodule(f"encoder{level}")(x)
            if level in WAYS_UP:
                skips[level] = x
            x = functional.max_pool2d(x, kernel_size=2)
        x = self.bottleneck(x)
        for level in WAYS_UP:
            x = self.get_submodule(f"upconv{level}")(x)
            x = self.get_submodule(f"decoder{level}")(torch.cat((x, skips.pop(level)), dim=1))
        return x
