"""Arctic-TILT on PyTorch: the adapter behind `Engine`.

In: settings and a checkpoint. Out: a running engine. Questions come in on the event loop; those of one document that
come together stay together. The scheduler's thread computes.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import anyio.to_thread
import torch
from loguru import logger

from apps.tilt_api.arctic_tilt.document import PreparedDocument
from apps.tilt_api.arctic_tilt.generation import Question
from apps.tilt_api.arctic_tilt.memory import budget
from apps.tilt_api.arctic_tilt.scheduler import ENDED, Scheduler
from apps.tilt_api.arctic_tilt.tokens_and_boxes import Prefix, document_tokens, prefix_of
from apps.tilt_api.arctic_tilt.weights import Checkpoint, find_checkpoint, load_checkpoint
from apps.tilt_api.engine import (
    EXIT_NO_ENGINE,
    EXIT_NO_GPU,
    CannotServe,
    EngineDead,
    Limits,
    Output,
    Prompt,
    Sampling,
    ScannedPage,
)
from lib.settings import Settings


def choose_device(wanted: str) -> torch.device:
    """TILT_DEVICE on this machine.

    Raises:
        CannotServe: A GPU is wanted and none is there.
    """
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise CannotServe(
            "TILT_DEVICE=cuda, but torch sees no GPU; give the container one, or set TILT_DEVICE=auto.",
            exit_code=EXIT_NO_GPU,
        )
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


def number_type(device: torch.device) -> torch.dtype:
    """What the model computes in: bfloat16 where the GPU has it; float16 would give NaN on long documents."""
    return (
        torch.bfloat16
        if device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
        else torch.float32
    )


async def start_engine(settings: Settings) -> "TorchEngine":
    """Load the model and start the engine's thread; takes seconds to minutes in another thread.

    Raises:
        CannotServe: Says what is missing.
    """
    device = choose_device(settings.tilt_server.device)
    try:
        checkpoint = await anyio.to_thread.run_sync(_load, settings, device)
    except Exception as exc:
        logger.opt(exception=exc).error("the engine did not start")  # No document has been near it yet.
        said = " ".join(str(exc).split())[:500]
        raise CannotServe(
            f"The engine did not start with {settings.tilt.model}: {type(exc).__name__}: {said}",
            exit_code=EXIT_NO_ENGINE,
        ) from exc
    room = budget(device, configured_mb=settings.tilt_server.activations_mb, gpu_util=settings.tilt_server.gpu_util)
    logger.info(
        "torch {} on {} in {}, {} MB for activations", torch.__version__, device, checkpoint.model.dtype, room >> 20
    )
    return TorchEngine(checkpoint, room=room, most_questions=settings.tilt_server.max_num_seqs)


def _load(settings: Settings, device: torch.device) -> Checkpoint:
    folder = find_checkpoint(settings.tilt.model, revision=settings.tilt_server.revision)
    return load_checkpoint(folder, device=device, dtype=number_type(device))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What stands behind a `Prompt`."""

    document: PreparedDocument
    prefix: Prefix


class TorchEngine:
    """The engine in this process; see `Engine` for what its methods promise."""

    name = "torch"

    def __init__(self, checkpoint: Checkpoint, *, room: int, most_questions: int) -> None:
        """Start the thread that computes.

        Args:
            checkpoint: Loaded.
            room: Bytes for activations.
            most_questions: That are answered at the same time.
        """
        self._checkpoint = checkpoint
        config = checkpoint.config
        self.limits = Limits(
            document_tokens=config.max_seq_length,
            question_tokens=config.longest_question,
            output_tokens=config.max_output_length,
            pages=config.image_limit,
            image_width=config.image_width,
            context_tokens=config.max_seq_length,
        )
        self._fresh: dict[PreparedDocument, list[Question]] = {}
        self._scheduler = Scheduler(checkpoint.model, budget=room, most_questions=most_questions)
        self._scheduler.start()

    def count_tokens(self, words: Sequence[str]) -> int:
        """How many tokens the words have."""
        return len(self._checkpoint.tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False).ids)

    def count_question_tokens(self, question: str) -> int:
        """How many tokens the question has with its separator."""
        return len(self._prefix(question))

    def _prefix(self, question: str) -> Prefix:
        return prefix_of(question, tokenizer=self._checkpoint.tokenizer, config=self._checkpoint.config)

    def prepare(self, pages: Sequence[ScannedPage], questions: Sequence[str]) -> tuple[Prompt, ...]:
        """One prompt for each question; all of them share what is computed of the document."""
        tokens = document_tokens(pages, tokenizer=self._checkpoint.tokenizer, config=self._checkpoint.config)
        document = PreparedDocument(tokens, [page.image for page in pages], self._checkpoint.model)
        return tuple(Prompt(_Asked(document, self._prefix(question))) for question in questions)

    async def generate(self, prompt: Prompt, *, sampling: Sampling, request_id: str) -> AsyncIterator[Output]:
        """The growing answer; whoever stops listening frees its memory before the next step."""
        del request_id
        asked = cast("_Asked", prompt)
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell() -> None:
            with suppress(RuntimeError):  # The loop has ended: nobody is left to be told.
                loop.call_soon_threadsafe(changed.set)

        question = Question(asked.document, asked.prefix, sampling, tell)
        self._hand_in(question)
        try:
            while True:
                await changed.wait()
                changed.clear()
                output = self._output(question)
                yield output
                if output.finish_reason is not None:
                    return
        finally:
            question.abandoned = True
            self._scheduler.wake()

    def _hand_in(self, question: Question) -> None:
        """Hand a question in, together with the others of its document that come in the same turn of the event loop."""
        if not self._fresh:
            asyncio.get_running_loop().call_soon(self._submit)
        self._fresh.setdefault(question.document, []).append(question)

    def _submit(self) -> None:
        fresh, self._fresh = self._fresh, {}
        for questions in fresh.values():
            try:
                self._scheduler.submit(questions)
            except EngineDead as exc:
                for question in questions:
                    question.fail(exc)

    def _output(self, question: Question) -> Output:
        if question.failure is not None:
            raise question.failure
        # The reason is read first: the scheduler writes it last.
        finish_reason = question.finish_reason
        ids = question.ids[: len(question.logprobs)]
        return Output(
            text=self._checkpoint.tokenizer.decode(ids),
            logprobs=tuple(question.logprobs[: len(ids)]),
            finish_reason=finish_reason,
        )

    async def check(self) -> None:
        """Whether the engine's thread lives."""
        if not self._scheduler.alive:
            raise EngineDead(ENDED)

    def close(self) -> None:
        """End the engine's thread."""
        self._scheduler.close()
