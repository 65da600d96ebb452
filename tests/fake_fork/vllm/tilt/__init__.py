"""What a TILT prompt must be, or the engine's loop ends."""

from typing import Any

PARTS = {"encoder_prefix_prompt", "encoder_prompt", "decoder_prompt"}


def refuse_other_prompts(prompt: Any) -> None:  # noqa: ANN401 - anything a caller hands over
    """The engine's own check, which is no ValueError and so ends its loop."""
    if not isinstance(prompt, dict) or set(prompt) != PARTS:
        raise RuntimeError("a TILT prompt has three parts")
