"""TiltPreprocessor as the fork has it: what it refuses, what it cuts off in silence, and that it is not thread-safe."""

import time
from dataclasses import dataclass
from typing import Any, Self

from PIL import Image

from ..transformers_utils.tokenizer import Tokenizer


@dataclass
class Page:
    """One page; the image is no option."""

    words: list[str]
    bboxes: list[list[float]]
    width: float
    height: float
    image: Image.Image


@dataclass
class Document:
    """A document with a name."""

    ident: str
    pages: list[Page]


@dataclass
class Question:
    """A question with a name."""

    feature_name: str
    text: str


class TiltPreprocessor:
    """Documents and questions -> prompts.

    Attributes:
        documents: What it has been given, in order.
    """

    def __init__(self, config: Any, tokenizer: Tokenizer) -> None:  # noqa: ANN401 - TiltConfig
        self.documents: list[Document] = []
        self._config = config
        self._tokenizer = tokenizer
        self._busy = False

    @classmethod
    def from_config(cls, *, model_config: Any, tokenizer: Tokenizer) -> Self:  # noqa: ANN401 - TiltConfig
        """As the fork's example makes it."""
        return cls(model_config, tokenizer)

    def preprocess(self, document: Document, questions: list[Question]) -> list[dict[str, Any]]:
        """One prompt for each question.

        Raises:
            RuntimeError: Two threads at once, which the real one answers with wrong tokens, or a long question.
        """
        if self._busy:
            raise RuntimeError("two threads in one preprocessor")
        self._busy = True
        time.sleep(0.002)  # Long enough for another thread to come in.
        try:
            self.documents.append(document)
            words, pages = self._read(document)
            return [self._prompt(words, pages, question) for question in questions]
        finally:
            self._busy = False

    def _read(self, document: Document) -> tuple[list[str], list[tuple[int, int]]]:
        """The words, and of each page its tokens and its image's rows; more tokens than fit are cut off in silence."""
        words: list[str] = []
        pages: list[tuple[int, int]] = []
        left = self._config.max_seq_length
        for page in document.pages:
            if page.image.mode not in {"L", "RGB"}:
                raise RuntimeError("a mode with another scale of gray")
            for _word, box in zip(page.words, page.bboxes, strict=True):
                _x0, _y0, _x1, _y1 = (coordinate / page.width for coordinate in box)
            self._tokenizer.enable_truncation(left)
            tokens = len(self._tokenizer.encode(page.words, is_pretokenized=True, add_special_tokens=False).ids)
            words += page.words if tokens else []
            pages.append((tokens, self._rows(page.image)))
            left -= tokens
        if left == self._config.max_seq_length:
            raise IndexError("list index out of range")
        return words, pages

    def _rows(self, image: Image.Image) -> int:
        rows = round(image.height * self._config.image_width / image.width)
        return int(min(rows, self._config.max_image_height))

    def _prompt(self, words: list[str], pages: list[tuple[int, int]], question: Question) -> dict[str, Any]:
        self._tokenizer.no_truncation()
        prefix = question.text + self._config.prefix_separator
        tokens = len(self._tokenizer.encode(prefix, add_special_tokens=False).ids)
        if tokens > self._config.max_question_length:
            raise RuntimeError("Tokenized question has length above the limit")
        return {
            "encoder_prefix_prompt": {"text": prefix, "tokens": tokens},
            "encoder_prompt": {"words": words, "pages": pages},
            "decoder_prompt": [0],
        }
