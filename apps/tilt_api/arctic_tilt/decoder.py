"""The decoder: one new token a step for each question, over caches that are filled in place.

In: the encoder's hidden states. Out: logits of the next token. Names of submodules are those of the checkpoint.

The questions that were encoded together are a `Batch`: they start together, so that their caches have one length.
Batches of several documents take each step together: their rows share the linear layers and attend apart.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from apps.tilt_api.arctic_tilt.biases import SequentialBias
from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.layers import Attention, FeedForward, RmsNorm, attend


class Batch:
    """The decoder's memory of some questions.

    Attributes:
        length: Tokens that have been decoded.
    """

    def __init__(self, *, capacity: int, mask: Tensor | None) -> None:
        """Remember nothing yet.

        Args:
            capacity: Tokens of the longest answer.
            mask: (B, 1, 1, S), what is added to cross-attention; None where every question has S hidden states.
        """
        self.length = 0
        self._capacity = capacity
        self._mask = mask
        self._encoded: list[tuple[Tensor, Tensor]] = []
        self._decoded: list[tuple[Tensor, Tensor]] = []

    def __len__(self) -> int:
        """Questions."""
        return len(self._encoded[0][0])

    def remember_encoded(self, key: Tensor, value: Tensor) -> None:
        """Keys and values (B, H, S, d) of the next layer's cross-attention; makes room for its self-attention."""
        rows, heads, _, width = key.shape
        self._encoded.append((key, value))
        room = (rows, heads, self._capacity, width)
        self._decoded.append((key.new_empty(room), key.new_empty(room)))

    def attend_decoded(self, layer: int, query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
        """Remember the new token's key and value in place and attend to all tokens so far; (B, H, 1, d) each."""
        keys, values = self._decoded[layer]
        tokens = self.length + 1
        keys[:, :, self.length] = key[:, :, 0]
        values[:, :, self.length] = value[:, :, 0]
        return attend(query, keys[:, :, :tokens], values[:, :, :tokens], bias=bias)

    def attend_encoded(self, layer: int, query: Tensor) -> Tensor:
        """Attend to the document; (B, H, 1, d)."""
        key, value = self._encoded[layer]
        return attend(query, key, value, bias=self._mask)

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all other questions, layer by layer."""
        kept = torch.tensor(rows, device=self._encoded[0][0].device)
        for caches in (self._encoded, self._decoded):
            for layer, (key, value) in enumerate(caches):
                caches[layer] = (key[kept], value[kept])
        if self._mask is not None:
            self._mask = self._mask[kept]


class SelfAttention(Attention):
    """Each new token attends to those before it in its own answer."""

    def forward(self, x: Tensor, layer: int, batches: Sequence[Batch], biases: Sequence[Tensor]) -> Tensor:
        """(N, 1, D) -> (N, 1, D), to be added; N rows are those of all batches, one after the other."""
        t = self.layer_norm(x)
        rows = [len(batch) for batch in batches]
        projected = (self.split(projection(t)).split(rows) for projection in (self.q, self.k, self.v))
        attended = [
            batch.attend_decoded(layer, query, key, value, bias)
            for batch, query, key, value, bias in zip(batches, *projected, biases, strict=True)
        ]
        return self.output(torch.cat(attended))


class CrossAttention(Attention):
    """Each new token attends to its question and the whole document."""

    def forward(self, x: Tensor, layer: int, batches: Sequence[Batch]) -> Tensor:
        """(N, 1, D) -> (N, 1, D), to be added."""
        queries = self.split(self.q(self.layer_norm(x))).split([len(batch) for batch in batches])
        attended = [batch.attend_encoded(layer, query) for batch, query in zip(batches, queries, strict=True)]
        return self.output(torch.cat(attended))

    def encoded(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of (B, S, D) hidden states: (B, H, S, d) each."""
        return self.split(self.k(hidden)), self.split(self.v(hidden))


class DecoderBlock(nn.Module):
    """Self-attention, cross-attention, feed-forward."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.self_attention = SelfAttention(config)
        self.cross_attention = CrossAttention(config)
        self.ffn = FeedForward(config)

    def forward(self, x: Tensor, layer: int, batches: Sequence[Batch], biases: Sequence[Tensor]) -> Tensor:
        """One block's step of the residual stream."""
        x = x + self.self_attention(x, layer, batches, biases)
        x = x + self.cross_attention(x, layer, batches)
        return x + self.ffn(x)


class Decoder(nn.Module):
    """All blocks, and the bias that they share."""

    def __init__(self, config: TiltConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.num_hidden_layers))
        self.output_net = RmsNorm(config)
        self.sequential_bias = SequentialBias(config, bidirectional=False)
        self._scale = config.d_model**-0.5

    def batch(self, hidden: Tensor, *, mask: Tensor | None, capacity: int) -> Batch:
        """Begin answers of up to `capacity` tokens to the questions of (B, S, D) hidden states."""
        batch = Batch(capacity=capacity, mask=mask)
        for block in self.blocks:
            assert isinstance(block, DecoderBlock)  # noqa: S101 - for the type checker
            batch.remember_encoded(*block.cross_attention.encoded(hidden))
        return batch

    def forward(self, embedded: Tensor, batches: Sequence[Batch]) -> Tensor:
        """One step: (N, 1, D) embedded last tokens -> (N, 1, D) for the output layer.

        A step that failed can be taken again: caches are filled in place, and only the caller counts it.
        """
        x = embedded.float()
        biases = [self.sequential_bias.looking_back(batch.length + 1) for batch in batches]
        for layer, block in enumerate(self.blocks):
            x = block(x, layer, batches, biases)
        hidden: Tensor = self.output_net(x) * self._scale
        return hidden
