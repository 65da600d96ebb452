"""The model's config.json.

In: JSON text. Out: a validated `TiltConfig`. Pure.
"""

import json
from dataclasses import MISSING, dataclass, fields
from typing import Self

MODEL_TYPE = "tilt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TiltConfig:
    """Sizes, limits and constants of one checkpoint; the defaults are those of the published format.

    Attributes:
        vocab_size: Rows of the embedding, which is the output layer too.
        d_model: Width of the residual stream.
        d_ff: Width inside a feed-forward layer.
        d_kv: Width of one attention head.
        num_attention_heads: Heads of each attention.
        num_hidden_layers: Blocks of the encoder, and of the decoder.
        bias_num_buckets: Buckets of each relative bias.
        bias_max_distance: Tokens from which on all distances share the last bucket.
        bias_planar_max_distance: The same for scaled differences of box centers.
        bias_horz_scale: What differences of box centers are multiplied by, on both axes.
        layer_norm_epsilon: Of every RMS norm.
        pad_token_id: Filler of a batch.
        decoder_start_token_id: First input of the decoder.
        eos_token_id: Ends an answer.
        roi_expansion_width: Pixels by which a token's box is widened to each side before it is pooled.
        unet_in_channels: Of a page's image; 1.
        unet_init_features: Channels of the U-Net's first block.
        unet_out_features: Channels of the U-Net's map, at an eighth of the image's size.
        max_seq_length: Tokens of a document.
        max_output_length: Tokens of an answer.
        max_question_length: Tokens of a question with its separator.
        chunk_length: Tokens that the encoder sees at once, the question's included.
        image_limit: Pages of a document.
        image_width: Pixels that each page's image is scaled to.
        max_image_height: Rows of a scaled image that are looked at.
        crop_bboxes: Whether boxes are clamped to their page.
        prefix_separator: Text between question and document.
    """

    vocab_size: int = 32128
    d_model: int = 1024
    d_ff: int = 4096
    d_kv: int = 64
    num_attention_heads: int = 16
    num_hidden_layers: int = 24
    bias_num_buckets: int = 32
    bias_max_distance: int = 128
    bias_planar_max_distance: int = 100
    bias_horz_scale: float = 100
    layer_norm_epsilon: float = 1e-6
    pad_token_id: int = 0
    decoder_start_token_id: int = 0
    eos_token_id: int = 1
    roi_expansion_width: float = 0
    unet_in_channels: int = 1
    unet_init_features: int = 32
    unet_out_features: int = 128
    max_seq_length: int = 125_000
    max_output_length: int = 512
    max_question_length: int = 256
    chunk_length: int = 1024
    image_limit: int = 250
    image_width: int = 768
    max_image_height: int = 2048
    crop_bboxes: bool = True
    prefix_separator: str = " : "

    def __post_init__(self) -> None:
        """Refuse what the model cannot be built with.

        Raises:
            ValueError: Names the entry.
        """
        for field in fields(self):
            _refuse_wrong_type(field.name, getattr(self, field.name), field.default)
        if self.unet_in_channels != 1:
            raise ValueError(f"unet_in_channels is {self.unet_in_channels}; pages are gray, so that only 1 fits")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read config.json; entries that the model does not need are passed over.

        Raises:
            ValueError: It is no configuration of a TILT model.
        """
        entries = json.loads(text)
        if not isinstance(entries, dict) or entries.get("model_type") != MODEL_TYPE:
            raise ValueError(f'its model_type is not "{MODEL_TYPE}"')
        return cls(**{field.name: entries[field.name] for field in fields(cls) if entries.get(field.name) is not None})

    @property
    def longest_question(self) -> int:
        """Tokens of a question that leave one of the document's in each chunk; the fork takes one less than it says."""
        return min(self.max_question_length, self.chunk_length) - 1

    @property
    def d_attention(self) -> int:
        """Width of all heads together."""
        return self.num_attention_heads * self.d_kv


MAY_BE_ZERO = frozenset({"pad_token_id", "decoder_start_token_id", "eos_token_id", "roi_expansion_width"})


def _refuse_wrong_type(name: str, value: object, default: object) -> None:
    assert default is not MISSING  # noqa: S101 - every entry has a default
    expected = (int, float) if isinstance(default, float) else type(default)
    if not isinstance(value, expected) or isinstance(value, bool) != isinstance(default, bool):
        raise ValueError(f"{name} is {value!r}, which is no {type(default).__name__}")
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0 and name not in MAY_BE_ZERO:
        raise ValueError(f"{name} is {value!r}; it must be greater than 0")
