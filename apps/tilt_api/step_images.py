"""How many page images one step of the fork's engine can hold, and who may bring how many to it.

In: the tokens and image heights of a document's pages. Out: a `Load` for each prompt, and a place for it in the engine.
Pure but for the waiting; knows the fork's way of batching and nothing else of it.

In a step the fork stacks the images of all chunks that share it, one image for each page a chunk has tokens of, all as
tall as the tallest. Chunks share nothing: eight questions about eight sparse pages are 64 images. Memory is reserved at
the start for far fewer, and running out of it ends the engine for everybody. So the images of all prompts in the engine
together are held to what is reserved, whichever of them the scheduler puts into one step; the rest wait here. A prompt
counts from beginning to end, since one that the engine preempts is encoded anew.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

PADDED_TO = 64
"""Rows of a batch of images are a multiple of this."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of the encoder takes; see the fork's scheduler and configuration.

    Attributes:
        chunk_tokens: Of one chunk, the question included.
        chunks: Of one prompt in one step, at most: a prompt's chunks are full but for the last.
        image_width: Pixels that a page's image is scaled to.
        image_height: Rows that are left of it, at most.
        rows: Rows of all images in a step together that memory is reserved for.
    """

    chunk_tokens: int
    chunks: int
    image_width: int
    image_height: int
    rows: int

    @classmethod
    def of(cls, config: Any, *, tokens: int, chunks: int) -> Self:  # noqa: ANN401 - the fork's TiltConfig
        """The step of a model, with `tokens` and `chunks` in one step at most."""
        full = min(chunks, tokens // config.chunk_length)
        return cls(
            chunk_tokens=config.chunk_length,
            chunks=min(chunks, -(-tokens // config.chunk_length)),
            image_width=config.image_width,
            image_height=config.max_image_height,
            # The profiling run at the start has this many images of full height.
            rows=full * config.max_images_in_chunk * config.max_image_height,
        )


@dataclass(frozen=True, slots=True)
class Load:
    """What one prompt brings to a step, at most.

    Attributes:
        images: Of the pages in its chunks; a page counts once for each chunk.
        rows: Of the tallest.
    """

    images: int
    rows: int


def load_of(pages: Sequence[tuple[int, tuple[int, int]]], *, question_tokens: int, step: Step) -> Load:
    """The most that a prompt brings to one step.

    Args:
        pages: Of each page its tokens and its image's width and height in pixels.
        question_tokens: In front of each chunk.
        step: Of the model.
    """
    room = step.chunk_tokens - question_tokens
    images: dict[int, int] = {}
    start = 0
    tallest = 0
    for tokens, (width, height) in pages:
        if not tokens:  # No chunk has a token of it, so that its image stays out.
            continue
        for chunk in range(start // room, (start + tokens - 1) // room + 1):
            images[chunk] = images.get(chunk, 0) + 1
        start += tokens
        rows = min(step.image_height, -(-height * step.image_width // width))
        tallest = max(tallest, -(-rows // PADDED_TO) * PADDED_TO)
    counts = list(images.values())
    most = max((sum(counts[first : first + step.chunks]) for first in range(len(counts))), default=0)
    return Load(most, tallest)


class StepImages:
    """Places for the images of prompts, first come, first served."""

    def __init__(self, rows: int) -> None:
        """All places are free.

        Args:
            rows: Of all images in a step together.
        """
        self.rows = rows
        self._inside: list[Load] = []
        self._waiting: deque[tuple[Load, asyncio.Future[None]]] = deque()

    def can_ever_hold(self, load: Load) -> bool:
        """Whether the images would fit if nothing else were there."""
        return load.images * load.rows <= self.rows

    @asynccontextmanager
    async def place(self, load: Load) -> AsyncIterator[None]:
        """Wait until the images fit, and hold their place for a block."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((load, turn))
        self._admit()
        try:
            await turn
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._inside.remove(load)
            elif (load, turn) in self._waiting:
                self._waiting.remove((load, turn))
            self._admit()

    def _admit(self) -> None:
        """Let in who is first for as long as the images fit."""
        while self._waiting:
            load, turn = self._waiting[0]
            if not turn.cancelled() and not self._fits(load):
                return
            self._waiting.popleft()
            if not turn.cancelled():
                self._inside.append(load)
                turn.set_result(None)

    def _fits(self, load: Load) -> bool:
        together = [*self._inside, load]
        return sum(one.images for one in together) * max(one.rows for one in together) <= self.rows
