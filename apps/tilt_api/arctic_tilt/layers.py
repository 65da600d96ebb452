"""What encoder and decoder are both made of: RMS norm, attention projections, feed-forward.

In: tensors. Out: tensors. The residual stream is float32 whatever the weights are; norms hand it over in the weights'
type. Names of submodules are those of the checkpoint.

Source: T5 (Raffel et al., 2020): pre-norm, no biases, attention without a scale.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from apps.tilt_api.arctic_tilt.configuration import TiltConfig


class RmsNorm(nn.Module):
    """x / rms(x) * weight over the last axis, computed in float32."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.d_model))
        self._epsilon = config.layer_norm_epsilon

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) of any type -> (..., D) in the weights' type."""
        normed = functional.rms_norm(x.float(), self.weight.shape, self.weight.float(), self._epsilon)
        return normed.to(self.weight.dtype)


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer without bias."""
    return nn.Linear(inputs, outputs, bias=False)


class Attention(nn.Module):
    """Multi-head attention with a norm in front; what attends to what is up to the caller."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.layer_norm = RmsNorm(config)
        self.q = linear(config.d_model, config.d_attention)
        self.k = linear(config.d_model, config.d_attention)
        self.v = linear(config.d_model, config.d_attention)
        self.o = linear(config.d_attention, config.d_model)
        self._heads = config.num_attention_heads

    def split(self, x: Tensor) -> Tensor:
        """(B, T, H*d) -> (B, H, T, d)."""
        return x.unflatten(-1, (self._heads, -1)).transpose(-3, -2)

    def output(self, attended: Tensor) -> Tensor:
        """(B, H, T, d) -> (B, T, D)."""
        mixed: Tensor = self.o(attended.transpose(-3, -2).flatten(-2))
        return mixed


def attend(query: Tensor, key: Tensor, value: Tensor, *, bias: Tensor | None) -> Tensor:
    """softmax(QK^T + bias)V over (B, H, T, d); T5 has no scale."""
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=1.0)


class FeedForward(nn.Module):
    """w2(relu(w1(norm(x))))."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.layer_norm = RmsNorm(config)
        self.w1 = linear(config.d_model, config.d_ff)
        self.w2 = linear(config.d_ff, config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        """(..., D) -> (..., D), to be added to the residual stream."""
        out: Tensor = self.w2(functional.relu(self.w1(self.layer_norm(x))))
        return out
