"""Region-of-interest max pooling: what a token's box holds of a feature map.

In: a map and boxes. Out: one vector for each box, as torchvision's `roi_pool` with an output of 1x1 gives it: corners
scaled and rounded half away from zero, both ends included, at least one cell; a box beside the map gives zeros.

A maximum over a rectangle is that of four overlapping squares of powers of two (a sparse table), so that the cost does
not grow with the boxes' sizes; the tables are made one size after another and never all at once.
"""

import torch
from torch import Tensor


def roi_max_pool(features: Tensor, boxes: Tensor, *, stride: int) -> Tensor:
    """The maximum of each channel within each box.

    Args:
        features: (C, height, width).
        boxes: (N, 4), [x0, y0, x1, y1] in pixels of the image that the map was made of.
        stride: Pixels of the image for one cell.

    Returns:
        (N, C) in the type of `features`.
    """
    first, end = _cells(boxes, stride=stride, size=(features.shape[2], features.shape[1]))
    pooled = features.new_zeros(len(boxes), features.shape[0])
    level = _level(end - first)
    inside = (end > first).all(dim=1)
    table = features
    for down in range(int(level[inside, 1].max()) + 1 if inside.any() else 0):
        table = _doubled(table, down, axis=1)
        here = inside & (level[:, 1] == down)
        row_table = table
        for across in range(int(level[here, 0].max()) + 1 if here.any() else 0):
            row_table = _doubled(row_table, across, axis=2)
            rows = (here & (level[:, 0] == across)).nonzero()[:, 0]
            pooled[rows] = _corners(
                row_table, first[rows], end[rows] - (1 << torch.stack((level[rows, 0], level[rows, 1]), 1))
            )
    return pooled


def _cells(boxes: Tensor, *, stride: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """First cell and the one behind the last of each box, (N, 2) each as (x, y), within the map."""
    scaled = boxes.float() * (1 / stride)
    rounded = (torch.trunc(scaled.abs() + 0.5) * scaled.sign()).long()
    first, last = rounded[:, :2], rounded[:, 2:]
    end = first + (last - first + 1).clamp(min=1)
    most = torch.tensor(size, device=boxes.device)
    zero = torch.zeros_like(most)
    return torch.clamp(first, zero, most), torch.clamp(end, zero, most)


def _level(sides: Tensor) -> Tensor:
    """The greatest power of two that is no longer than each side, as its exponent."""
    return torch.floor(torch.log2(sides.clamp(min=1).double())).long()


def _doubled(table: Tensor, level: int, *, axis: int) -> Tensor:
    """From maxima over 2 ** (level - 1) cells along an axis to those over 2 ** level; the table as it is at level 0."""
    if level == 0:
        return table
    half = 1 << (level - 1)
    length = table.shape[axis] - half
    return torch.maximum(table.narrow(axis, 0, length), table.narrow(axis, half, length))


def _corners(table: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """The maximum of the table's entries at the four corners: (N, C)."""
    left, top = first.unbind(1)
    right, bottom = last.unbind(1)
    upper = torch.maximum(table[:, top, left], table[:, top, right])
    lower = torch.maximum(table[:, bottom, left], table[:, bottom, right])
    return torch.maximum(upper, lower).T
