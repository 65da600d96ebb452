"""AsyncLLMEngine as vLLM 0.8.3 documents it, over a model that answers with a word of the document.

A question's or a document's first word may be one of COMMANDS: so a test makes the engine misbehave from any distance.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

from .. import tilt
from ..tilt.tokenizer import Tokenizer

COMMANDS = frozenset({"<crash>", "<value-crash>", "<refuse>", "<nothing>", "<slow>", "<hang>", "<nan>", "<none>"})

STEP_S = 0.001
SLOW_STEP_S = 0.05
SLOW_TOKENS = 6
END = 1
FILLER = 2

CONFIG = SimpleNamespace(
    max_seq_length=20_000,
    max_output_length=512,
    max_question_length=256,
    chunk_length=1024,
    max_images_in_chunk=4,
    image_limit=250,
    image_width=768,
    prefix_separator=" : ",
)
"""As the fork's TiltConfig, with a document's length that a test can reach."""

on_start: list[Callable[["AsyncEngineArgs"], None]] = []


class AsyncEngineDeadError(RuntimeError):
    """The background loop has ended."""


@dataclass
class AsyncEngineArgs:
    """The arguments that the server may give; any other is a TypeError."""

    model: str
    task: str
    scheduler_cls: str
    dtype: str
    enforce_eager: bool
    disable_async_output_proc: bool
    disable_log_requests: bool
    max_num_seqs: int
    max_model_len: int
    gpu_memory_utilization: float
    revision: str
    tokenizer_revision: str
    swap_space: float
    additional_config: dict[str, Any]


@dataclass
class SamplingParams:
    """The parameters that the server may give."""

    temperature: float
    logprobs: int
    max_tokens: int
    ignore_eos: bool = False


@dataclass
class Logprob:
    """A candidate token's chance."""

    logprob: float


@dataclass
class CompletionOutput:
    """What one sequence has generated so far."""

    text: str
    token_ids: tuple[int, ...]
    logprobs: list[dict[int, Logprob]]
    finish_reason: str | None


@dataclass
class RequestOutput:
    """What one request has generated so far; TILT has one sequence a request."""

    request_id: str
    outputs: list[CompletionOutput]
    finished: bool


@dataclass
class _Request:
    request_id: str
    prompt: Any
    parameters: SamplingParams
    stream: "asyncio.Queue[RequestOutput | Exception]" = field(default_factory=asyncio.Queue)
    done: int = 0

    @property
    def command(self) -> str:
        asked, read = self.prompt["encoder_prefix_prompt"]["text"].split()[0], self.prompt["encoder_prompt"]["words"][0]
        return next((first for first in (asked, str(read)) if first in COMMANDS), "")

    def advance(self) -> RequestOutput:
        """One more token."""
        self.done += 1
        words = answer(self.prompt).split(" ")
        text = " ".join(words[: self.done])
        more = SLOW_TOKENS if self.command == "<slow>" else 0
        ended = self.done > len(words) + more and not self.parameters.ignore_eos
        full = self.done >= self.parameters.max_tokens
        reason = "stop" if ended else "length" if full else None
        return self._output(text, reason)

    def nothing(self) -> RequestOutput:
        """A document beyond the cache's memory: finished without a token."""
        return RequestOutput(self.request_id, [CompletionOutput("", (), [], "length")], finished=True)

    def _output(self, text: str, reason: str | None) -> RequestOutput:
        tokens = tuple(END if reason == "stop" and i == self.done - 1 else FILLER + i for i in range(self.done))
        least = math.nan if self.command == "<nan>" else math.log(0.75)
        logprobs = [{token: Logprob(least if i == 0 else math.log(0.9))} for i, token in enumerate(tokens)]
        completion = CompletionOutput(text, tokens, logprobs, reason)
        return RequestOutput(self.request_id, [completion], finished=reason is not None)


def answer(prompt: Any) -> str:  # noqa: ANN401 - a TiltPrompt
    """What the model says: an amount for a question about one, else the first word; "None" where there is none."""
    question, words = prompt["encoder_prefix_prompt"]["text"], prompt["encoder_prompt"]["words"]
    said = [word for word in words if word not in COMMANDS]
    if "<none>" in words or not said:
        return "None"
    if any(topic in question for topic in ("total", "tax", "amount")):
        return next((word for word in reversed(said) if word[:1].isdigit()), "None")
    return str(said[0])


class AsyncLLMEngine:
    """Batches what it is given; an exception in its loop ends it for everybody.

    Attributes:
        aborted: Ids of requests that were given up.
        most_at_once: Requests in one step, at most.
        mixed_steps: Steps in which a request was read while another was being answered.
    """

    def __init__(self, arguments: AsyncEngineArgs) -> None:
        self.arguments = arguments
        self.aborted: list[str] = []
        self.most_at_once = 0
        self.mixed_steps = 0
        self._requests: dict[str, _Request] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._errored_with: BaseException | None = None

    @classmethod
    def from_engine_args(cls, arguments: AsyncEngineArgs) -> Self:
        """Load the model."""
        if arguments.model == "no/such-model":
            raise OSError("no/such-model is not a local folder\nand is not a valid model identifier")
        for report in on_start:
            report(arguments)
        return cls(arguments)

    def start_background_loop(self) -> None:
        """Start the loop; needs a running event loop."""
        if self._errored_with is not None:
            raise AsyncEngineDeadError("Background loop has errored already.") from self._errored_with
        self._loop = asyncio.get_running_loop().create_task(self._run())
        self._loop.add_done_callback(self._on_end)

    def shutdown_background_loop(self) -> None:
        """End the loop."""
        if self._loop is not None:
            self._loop.cancel()

    async def get_tokenizer(self) -> SimpleNamespace:
        """A "fast" tokenizer of transformers."""
        return SimpleNamespace(backend_tokenizer=Tokenizer())

    async def get_model_config(self) -> SimpleNamespace:
        """The ModelConfig of vLLM."""
        return SimpleNamespace(hf_config=CONFIG)

    async def check_health(self) -> None:
        """Raise when the loop has ended."""
        if self._errored_with is not None or self._loop is None or self._loop.done():
            raise AsyncEngineDeadError("Background loop is stopped.")

    async def generate(
        self,
        prompt: Any,  # noqa: ANN401 - a TiltPrompt
        sampling_params: SamplingParams,
        request_id: str,
    ) -> AsyncGenerator[RequestOutput]:
        """The growing output of one request."""
        if self._errored_with is not None:
            raise AsyncEngineDeadError("Background loop has errored already.") from self._errored_with
        if request_id in self._requests:
            raise KeyError(f"Request {request_id} already exists.")
        request = self._requests[request_id] = _Request(request_id, prompt, sampling_params)
        self._wake.set()
        try:
            while True:
                said = await request.stream.get()
                if isinstance(said, Exception):
                    raise said
                yield said
                if said.finished:
                    return
        finally:
            if self._requests.pop(request_id, None) is not None:
                self.aborted.append(request_id)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            if not self._requests:
                self._wake.clear()
                continue
            batch = list(self._requests.values())[: self.arguments.max_num_seqs]
            slow = any(request.command == "<slow>" for request in batch)
            await asyncio.sleep(SLOW_STEP_S if slow else STEP_S)
            self._step([request for request in batch if request.request_id in self._requests])

    def _step(self, batch: list[_Request]) -> None:
        self.most_at_once = max(self.most_at_once, len(batch))
        self.mixed_steps += len({request.done > 0 for request in batch}) == 2
        for request in batch:
            try:
                output = self._advance(request)
            except ValueError as exc:
                if request.command != "<refuse>":
                    raise
                self._requests.pop(request.request_id)
                request.stream.put_nowait(exc)
                continue
            if output.finished:
                self._requests.pop(request.request_id)
            request.stream.put_nowait(output)

    def _advance(self, request: _Request) -> RequestOutput:
        tilt.refuse_other_prompts(request.prompt)
        match request.command:
            case "<crash>":
                raise RuntimeError("CUDA error: device-side assert triggered by secret words")
            case "<value-crash>" | "<refuse>":
                raise ValueError("a prompt that the scheduler cannot take: secret words")
            case "<hang>":
                asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
                raise TimeoutError("Engine iteration timed out. This should never happen!")
            case "<nothing>":
                return request.nothing()
            case _:
                return request.advance()

    def _on_end(self, loop: "asyncio.Task[None]") -> None:
        """What ended the loop reaches every pending request as it is."""
        if loop.cancelled():
            return
        self._errored_with = loop.exception()
        for request in self._requests.values():
            if isinstance(self._errored_with, Exception):
                request.stream.put_nowait(self._errored_with)
