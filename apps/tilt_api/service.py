"""From a request to its answers: pages, prompts, all questions at once.

In: a validated request. Out: one answer for each question. No lock around the engine: it batches what it is given, and
one request at a time would cost two thirds of its throughput.
"""

import asyncio
import uuid
from collections.abc import Sequence

import anyio
import anyio.to_thread

from apps.tilt_api.admission import Gate
from apps.tilt_api.answers import read_answer
from apps.tilt_api.documents import refuse_excess, scan
from apps.tilt_api.engine import (
    EXIT_ENGINE_DIED,
    DocumentRefused,
    Engine,
    EngineDead,
    EngineFailed,
    Prompt,
    Sampling,
    ScannedPage,
)
from apps.tilt_api.lifecycle import Lifecycle
from apps.tilt_api.metrics import Metrics
from lib.pipelines.tilt.protocol import TiltAnswer, TiltQuestion, TiltRequest


class TiltService:
    """The engine at work.

    Attributes:
        gate: Who is let in.
        engine: What answers.
    """

    def __init__(self, engine: Engine, *, gate: Gate, metrics: Metrics, lifecycle: Lifecycle) -> None:
        """Put a loaded engine to work."""
        self.engine = engine
        self.gate = gate
        self._metrics = metrics
        self._lifecycle = lifecycle
        # The preprocessor works on one document at a time; the others wait here, where a client can give up.
        self._preparing = anyio.CapacityLimiter(1)

    async def answer(self, request: TiltRequest) -> tuple[TiltAnswer, ...]:
        """Ask all questions of the request at the same time.

        Raises:
            BadRequest: A question or an image is none that the model can take.
            DocumentRefused: The document is none.
            EngineFailed: The engine failed on it.
            EngineDead: The engine has ended.
        """
        self.refuse_if_ending()
        async with self.gate.place():
            with self._metrics.stage("prepare"):
                pages = await anyio.to_thread.run_sync(lambda: scan(request.pages, limits=self.engine.limits))
                prompts = await anyio.to_thread.run_sync(self._prepare, pages, request.asked, limiter=self._preparing)
            with self._metrics.stage("generate"):
                return await self._ask_all(request, prompts)

    def refuse_if_ending(self) -> None:
        """Let nothing in any more once the engine has ended.

        Raises:
            EngineDead: It has.
        """
        if self._lifecycle.ending:
            raise EngineDead("The engine has ended; the server is about to restart.")

    def _prepare(self, pages: Sequence[ScannedPage], questions: Sequence[TiltQuestion]) -> tuple[Prompt, ...]:
        refuse_excess(pages, questions, engine=self.engine)
        return self.engine.prepare(pages, [question.text for question in questions])

    async def _ask_all(self, request: TiltRequest, prompts: Sequence[Prompt]) -> tuple[TiltAnswer, ...]:
        sampling = Sampling(
            temperature=request.temperature, max_tokens=min(request.max_tokens, self.engine.limits.output_tokens)
        )
        pairs = zip(request.asked, prompts, strict=True)
        tasks = [asyncio.create_task(self._ask(question.key, prompt, sampling)) for question, prompt in pairs]
        try:
            return tuple(await asyncio.gather(*tasks))
        except EngineDead:
            self._lifecycle.end(EXIT_ENGINE_DIED)
            raise
        finally:
            # One question that failed, or a client that left, ends the others and frees their memory on the GPU.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, key: str, prompt: Prompt, sampling: Sampling) -> TiltAnswer:
        # The client's own request id may come twice; the engine's must not.
        outputs = self.engine.generate(prompt, sampling=sampling, request_id=uuid.uuid4().hex)
        last = None
        async for output in outputs:
            last = output
        if last is None:
            raise EngineFailed("The engine gave no answer; try again.")
        if last.finish_reason == "length" and not last.logprobs:
            raise DocumentRefused("The document is longer than the GPU's memory holds; send fewer pages.")
        answer = read_answer(key, last)
        self._metrics.answers.labels(answer.finish_reason, "yes" if answer.values else "no").inc()
        return answer
