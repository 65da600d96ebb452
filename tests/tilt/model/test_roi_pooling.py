"""Pooling gives what torchvision's `roi_pool` is defined to give."""

import math

import pytest
import torch
from torch import Tensor

from apps.tilt_api.arctic_tilt.roi_pooling import roi_max_pool


def rounded(value: float) -> int:
    """Half away from zero, as C rounds."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def pooled_slowly(features: Tensor, box: list[float], *, stride: int) -> list[float]:
    """The definition, cell by cell."""
    _, height, width = features.shape
    x0, y0, x1, y1 = (rounded(side / stride) for side in box)
    columns = range(max(x0, 0), min(x0 + max(x1 - x0 + 1, 1), width))
    rows = range(max(y0, 0), min(y0 + max(y1 - y0 + 1, 1), height))
    return [max((float(plane[y, x]) for y in rows for x in columns), default=0.0) for plane in features]


@pytest.mark.parametrize("size", [(1, 1), (8, 12), (17, 5)])
def test_pooling_is_that_of_the_definition(size: tuple[int, int]) -> None:
    """For boxes of every size, on borders of cells, turned over, beside the map and across its edges."""
    draw = torch.Generator().manual_seed(3)
    features = torch.randn(3, *size, generator=draw)
    corners = torch.randint(-60, 200, (400, 4), generator=draw).float() / 2
    boxes = torch.cat(
        (corners, torch.cat((corners[:, :2].minimum(corners[:, 2:]), corners[:, :2].maximum(corners[:, 2:])), 1))
    )

    pooled = roi_max_pool(features, boxes, stride=8)

    assert pooled.tolist() == [pooled_slowly(features, box, stride=8) for box in boxes.tolist()]


def test_corner_between_two_cells_belongs_to_the_one_farther_from_zero() -> None:
    """20 / 8 is 2.5, which is 3; and the last cell counts."""
    features = torch.arange(10.0).view(1, 1, 10)

    assert roi_max_pool(features, torch.tensor([[20.0, 0, 20, 0], [0, 0, 19.99, 0]]), stride=8).tolist() == [[3], [2]]


def test_no_box_gives_no_row() -> None:
    """A page without tokens costs nothing."""
    assert roi_max_pool(torch.ones(4, 2, 2), torch.empty(0, 4), stride=8).shape == (0, 4)
