"""SamplerOutput as vLLM has it: `outputs` may be None, but must be given."""

from dataclasses import dataclass


@dataclass
class SamplerOutput:
    """What a step has sampled: one token id for each sequence that was decoded, or None."""

    outputs: list[int] | None
