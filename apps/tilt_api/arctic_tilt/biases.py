"""Relative attention biases: by position in the sequence, and by where on the paper two tokens stand.

In: positions and boxes. Out: what is added to the attention's logits, or the buckets that it is looked up by.

A distance is the query's position minus the key's, the opposite of Hugging Face's T5. Source of the buckets: T5.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from apps.tilt_api.arctic_tilt.configuration import TiltConfig


def bucket_of(distance: Tensor, *, buckets: int, max_distance: int, bidirectional: bool) -> Tensor:
    """The bucket of each distance: one for each short distance, logarithmically wider ones beyond.

    Args:
        distance: Whole numbers, any shape.
        buckets: All of them; where `bidirectional`, the second half is for negative distances.
        max_distance: From here on the last bucket.
        bidirectional: Otherwise negative distances count as 0.
    """
    each = buckets // 2 if bidirectional else buckets
    exact = each // 2
    size = distance.abs() if bidirectional else distance.clamp(min=0)
    growth = torch.log(size.clamp(min=1).float() / exact) / math.log(max_distance / exact) * (each - exact)
    bucket = torch.where(size < exact, size, (exact + growth).long().clamp(max=each - 1))
    return bucket + each * (distance < 0) if bidirectional else bucket


class BucketEmbedding(nn.Module):
    """(buckets, H): what each head adds for a bucket."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.bucket_embeddings = nn.Embedding(config.bias_num_buckets, config.num_attention_heads)


class SequentialBias(nn.Module):
    """By distance in the sequence."""

    def __init__(self, config: TiltConfig, *, bidirectional: bool) -> None:
        super().__init__()
        self.embedding = BucketEmbedding(config)
        self._buckets = config.bias_num_buckets
        self._max_distance = config.bias_max_distance
        self._bidirectional = bidirectional

    def buckets(self, distance: Tensor) -> Tensor:
        """The bucket of each distance in tokens."""
        return bucket_of(
            distance, buckets=self._buckets, max_distance=self._max_distance, bidirectional=self._bidirectional
        )

    def looking_back(self, tokens: int) -> Tensor:
        """What the last of `tokens` tokens adds for each of them: (H, 1, tokens)."""
        weight = self.embedding.bucket_embeddings.weight
        distance = torch.arange(tokens - 1, -1, -1, device=weight.device).clamp(max=self._max_distance - 1)
        return functional.embedding(self.buckets(distance), weight).T.unsqueeze(1)


class PlanarBias(nn.Module):
    """By horizontal and vertical distance of the boxes' centers."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.horizontal_embedding = BucketEmbedding(config)
        self.vertical_embedding = BucketEmbedding(config)
        self._buckets = config.bias_num_buckets
        self._max_distance = config.bias_planar_max_distance
        self._scale = config.bias_horz_scale  # The published model uses it for both axes.

    def buckets(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """(T, 4) boxes -> horizontal and vertical buckets of each query and key, (T, T) each."""
        centers = (boxes[:, :2] + boxes[:, 2:]) / 2
        distance = ((centers[:, None] - centers[None, :]) * self._scale).long()
        bucket = bucket_of(distance, buckets=self._buckets, max_distance=self._max_distance, bidirectional=True)
        return bucket[..., 0], bucket[..., 1]


def bias_table(sequential: SequentialBias, planar: PlanarBias) -> Tensor:
    """The sum of the three biases for each triple of buckets: (H, buckets ** 3), summed in the weights' type."""
    along = sequential.embedding.bucket_embeddings.weight.T
    across = planar.horizontal_embedding.bucket_embeddings.weight.T
    down = planar.vertical_embedding.bucket_embeddings.weight.T
    summed = along[:, :, None, None] + across[:, None, :, None] + down[:, None, None, :]
    return summed.flatten(1)


def triple_of(sequential: SequentialBias, planar: PlanarBias, boxes: Tensor) -> Tensor:
    """Which column of `bias_table` each query and key of one chunk takes: (T, 4) boxes -> (T, T)."""
    positions = torch.arange(len(boxes), device=boxes.device)
    along = sequential.buckets(positions[:, None] - positions[None, :])
    across, down = planar.buckets(boxes)
    buckets = sequential.embedding.bucket_embeddings.num_embeddings
    return (along * buckets + across) * buckets + down
