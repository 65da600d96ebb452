"""The fork's TILT scheduler: first come, first served, the encoder in chunks, so many tokens and chunks a step.

Its `abort_seq_group` lacks the keyword that vLLM's LLMEngine gives it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

FILLER = 2
"""The first token's id; each next one is greater by one."""


@dataclass
class Chunk:
    """A piece of a document behind its question.

    Attributes:
        tokens: The question's included.
        images: Rows of pixels of each page that the piece has tokens of.
    """

    tokens: int
    images: list[int]


@dataclass
class Request:
    """One question about one document on its way through the engine.

    Attributes:
        done: Tokens that were generated.
        logprobs: Of the generated tokens; one list for all outputs, which goes on growing.
    """

    request_id: str
    prompt: Any
    parameters: Any
    chunks: list[Chunk]
    stream: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue)
    done: int = 0
    token_ids: list[int] = field(default_factory=list)
    logprobs: list[dict[int, Any]] = field(default_factory=list)


def chunks_of(prompt: Any, *, length: int) -> list[Chunk]:  # noqa: ANN401 - a TiltPrompt
    """The document cut into pieces, the question in front of each.

    Args:
        prompt: With the tokens of the question, and tokens and image rows of each page.
        length: Tokens of a chunk.
    """
    question = prompt["encoder_prefix_prompt"]["tokens"]
    pages = prompt["encoder_prompt"]["pages"]
    rows_of_tokens = [page for page, (tokens, _) in enumerate(pages) for _ in range(tokens)]
    room = length - question
    pieces = [rows_of_tokens[start : start + room] for start in range(0, len(rows_of_tokens), room)]
    return [Chunk(question + len(piece), [pages[page][1] for page in dict.fromkeys(piece)]) for piece in pieces]


class Scheduler:
    """Which requests have a part in the next step."""

    def __init__(self, *, max_num_seqs: int, max_num_batched_encoder_tokens: int, max_chunks_in_batch: int) -> None:
        self.requests: list[Request] = []
        self._sequences = max_num_seqs
        self._tokens = max_num_batched_encoder_tokens
        self._chunks = max_chunks_in_batch

    def add(self, request: Request) -> None:
        """Let it wait for its turn."""
        self.requests.append(request)

    def abort_seq_group(self, request_id: str | Iterable[str]) -> None:
        """Forget requests."""
        gone = {request_id} if isinstance(request_id, str) else set(request_id)
        self.requests = [request for request in self.requests if request.request_id not in gone]

    def schedule(self) -> tuple[list[Chunk], list[Request]]:
        """The chunks to encode, and the requests to decode a token of, those read to their end included."""
        chunks: list[Chunk] = []
        decoded: list[Request] = []
        tokens = self._tokens
        for request in self.requests[: self._sequences]:
            while request.chunks and request.chunks[0].tokens <= tokens and len(chunks) < self._chunks:
                chunks.append(request.chunks.pop(0))
                tokens -= chunks[-1].tokens
            if not request.chunks:
                decoded.append(request)
        return chunks, decoded
