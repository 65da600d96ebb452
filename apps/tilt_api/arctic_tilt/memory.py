"""How much memory a question takes, how much there is, and what running out of it looks like.

In: sizes. Out: bytes. Estimates of tensors that live at once; what allocators add is left to the margin of the budget.
"""

from dataclasses import dataclass

import torch

from apps.tilt_api.arctic_tilt.configuration import TiltConfig

CPU_BUDGET_MB = 4096
"""For activations on the CPU, where VLLM_GPU_UTIL says nothing."""
CPU_ALLOCATOR = "DefaultCPUAllocator"
"""Who fails in a RuntimeError's message; torch has no class for it."""
TOKENS_AT_ONCE = {"cpu": 2048, "cuda": 8192}
"""Encoder tokens of one step: a GPU wants many, a CPU gains nothing beyond a few chunks."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Bytes by what they are for.

    Attributes:
        config: The model's sizes.
        item: Bytes of one number of the weights' type.
    """

    config: TiltConfig
    item: int

    def question(self, tokens: int, *, capacity: int) -> int:
        """The decoder's caches of one question with `tokens` hidden states and an answer of `capacity` tokens."""
        config = self.config
        return 2 * config.num_hidden_layers * config.d_attention * (tokens + capacity) * self.item

    def chunk(self) -> int:
        """Of one chunk in a step of the encoder: the bias, what it is gathered with, and the widest layer."""
        config = self.config
        length = config.chunk_length
        square = length * length * (2 * config.num_attention_heads * self.item + 4 * 8)
        return square + length * (2 * config.d_ff + 8 * config.d_model) * 4

    def page(self, rows: int) -> int:
        """Of the U-Net over one page of so many rows."""
        return 6 * self.item * self.config.unet_init_features * (rows + 64) * (self.config.image_width + 64)


def budget(device: torch.device, *, configured_mb: int, gpu_util: float) -> int:
    """Bytes for the activations of all documents together; call it when the weights are loaded.

    Args:
        device: Where the model is.
        configured_mb: The operator's; 0: what is there.
        gpu_util: Share of the GPU's memory that weights and activations may have.
    """
    if configured_mb:
        return configured_mb << 20
    if device.type != "cuda":
        return CPU_BUDGET_MB << 20
    free, total = torch.cuda.mem_get_info(device)
    return max(0, int(free - (1 - gpu_util) * total))


def is_out_of_memory(exc: BaseException) -> bool:
    """Whether a computation failed for want of memory, on either device."""
    return isinstance(exc, torch.OutOfMemoryError | MemoryError) or (
        isinstance(exc, RuntimeError) and CPU_ALLOCATOR in str(exc)
    )
