"""TiltPreprocessor as the fork has it: what it refuses, what it cuts off in silence, and that it is not thread-safe."""

import time
from dataclasses import dataclass
from typing import Any, Self

from PIL import Image

from .tokenizer import Tokenizer


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
            words = self._words(document)
            return [self._prompt(words, question) for question in questions]
        finally:
            self._busy = False

    def _words(self, document: Document) -> list[str]:
        words = []
        tokens: list[int] = []
        for page in document.pages:
            if page.image.mode not in {"L", "RGB"}:
                raise RuntimeError("a mode with another scale of gray")
            self._tokenizer.enable_truncation(self._config.max_seq_length - len(tokens))
            for word, box in zip(page.words, page.bboxes, strict=True):
                _x0, _y0, _x1, _y1 = (coordinate / page.width for coordinate in box)
                tokens += self._tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False).ids
                if len(tokens) > self._config.max_seq_length:
                    break
                words.append(word)
        if not tokens:
            raise IndexError("list index out of range")
        return words

    def _prompt(self, words: list[str], question: Question) -> dict[str, Any]:
        self._tokenizer.no_truncation()
        prefix = question.text + self._config.prefix_separator
        if len(self._tokenizer.encode(prefix).ids) > self._config.max_question_length:
            raise RuntimeError("Tokenized question has length above the limit")
        return {"encoder_prefix_prompt": {"text": prefix}, "encoder_prompt": {"words": words}, "decoder_prompt": [0]}
