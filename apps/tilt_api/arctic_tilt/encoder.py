"""The encoder: T5 over one chunk of a document at a time, with the question in front of it.

In: chunks of tokens with their boxes and image embeddings. Out: hidden states. Names of submodules are those of the
checkpoint.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from apps.tilt_api.arctic_tilt.biases import PlanarBias, SequentialBias, bias_table, triple_of
from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.layers import Attention, FeedForward, RmsNorm, attend, linear

ALIGNMENT = 8
"""Tokens that a batch's length is a multiple of: fused attention on a GPU wants its bias in aligned rows."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a document behind its question.

    Attributes:
        ids: (T,) tokens; the question's come first.
        boxes: (T, 4) in the layout's scale.
        images: (T, D) image embeddings; zeros for the question's tokens.
    """

    ids: Tensor
    boxes: Tensor
    images: Tensor


class SelfAttention(Attention):
    """Every token of a chunk attends to every other."""

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D), (B, H, T, T) -> (B, T, D), to be added."""
        t = self.layer_norm(x)
        return self.output(attend(self.split(self.q(t)), self.split(self.k(t)), self.split(self.v(t)), bias=bias))


class Fusion(nn.Module):
    """How an image embedding is joined with its token. Source: the Arctic-TILT paper, section 3.1."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.layer_norm = RmsNorm(config)
        self.to_v = linear(config.d_model, config.d_model)
        self.to_out = linear(config.d_model, config.d_model)
        self.to_r = linear(config.d_model, config.d_model)

    def forward(self, x: Tensor, images: Tensor) -> Tensor:
        """(B, T, D) of each -> (B, T, D), to be added to the text's."""
        text = self.layer_norm(x)
        value = self.to_v(text + self.layer_norm(images))
        joined: Tensor = self.to_out(value + value * self.to_r(text))
        return joined


class EncoderBlock(nn.Module):
    """Self-attention, feed-forward, fusion."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.self_attention = SelfAttention(config)
        self.ffn = FeedForward(config)
        self.fusion = Fusion(config)

    def forward(self, x: Tensor, images: Tensor, bias: Tensor) -> Tensor:
        """One block's step of the residual stream."""
        x = x + self.self_attention(x, bias)
        x = x + self.ffn(x)
        return x + self.fusion(x, images)


class Encoder(nn.Module):
    """All blocks, and the biases that they share."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.num_hidden_layers))
        self.output_net = RmsNorm(config)
        self.sequential_bias = SequentialBias(config, bidirectional=True)
        self.planar_bias = PlanarBias(config)

    def forward(self, embedded: Tensor, images: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) embedded tokens and images, (B, H, T, T) bias -> (B, T, D) hidden states in the weights' type."""
        x = embedded.float()
        for block in self.blocks:
            x = block(x, images, bias)
        hidden: Tensor = self.output_net(x)
        return hidden

    def bias(self, boxes: list[Tensor], *, length: int) -> Tensor:
        """What is added to the attention of chunks of up to `length` tokens; what is behind a chunk is masked.

        Args:
            boxes: (T, 4) of each chunk.
            length: Tokens of the longest one, or more.

        Returns:
            (B, H, length, length) in the weights' type.
        """
        table = bias_table(self.sequential_bias, self.planar_bias)
        bias = table.new_full((len(boxes), len(table), length, length), -torch.inf)
        for at, chunk in zip(bias, boxes, strict=True):
            tokens = len(chunk)
            triple = triple_of(self.sequential_bias, self.planar_bias, chunk)
            at[:, :tokens, :tokens] = table.index_select(1, triple.flatten()).view(len(table), tokens, tokens)
            at[:, tokens:, 0] = 0  # A row that may attend to nothing would be no number.
        return bias
