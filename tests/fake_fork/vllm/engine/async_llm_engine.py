"""AsyncLLMEngine as vLLM 0.8.3 and the fork have it, over a model that answers with a word of the document.

As unkind as they are: an exception in the loop ends it, an abort is a call that the fork's scheduler refuses, a step
without a decoded token has no output, and an output's log probabilities go on growing after its tokens were copied.

A question's or a document's first word may be one of COMMANDS: so a test makes the engine misbehave from any distance.
"""

import asyncio
import importlib
import math
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self

from .. import tilt
from ..tilt.scheduler import Request, chunks_of
from ..transformers_utils.tokenizer import Tokenizer
from ..worker import tilt_model_runner

COMMANDS = frozenset({"<crash>", "<value-crash>", "<refuse>", "<nothing>", "<slow>", "<hang>", "<nan>", "<none>"})

STEP_S = 0.001
SLOW_STEP_S = 0.05
SLOW_TOKENS = 6
END = 1

CONFIG = SimpleNamespace(
    max_seq_length=20_000,
    max_output_length=512,
    max_question_length=256,
    chunk_length=1024,
    max_images_in_chunk=4,
    image_limit=250,
    image_width=768,
    max_image_height=2048,
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


def command_of(request: Request) -> str:
    """The first word of the question or of the document, where it is a command."""
    asked = request.prompt["encoder_prefix_prompt"]["text"].split()[0]
    read = request.prompt["encoder_prompt"]["words"][0]
    return next((first for first in (asked, str(read)) if first in COMMANDS), "")


def _advance(request: Request, token: int) -> RequestOutput:
    """One more token; the tokens are a snapshot and the log probabilities are not, as in vLLM's V0."""
    command, parameters = command_of(request), request.parameters
    request.done += 1
    words = answer(request.prompt).split(" ")
    more = SLOW_TOKENS if command == "<slow>" else 0
    ended = request.done > len(words) + more and not parameters.ignore_eos
    reason = "stop" if ended else "length" if request.done >= parameters.max_tokens else None
    request.token_ids.append(END if ended else token)
    least = math.nan if command == "<nan>" else math.log(0.75)
    request.logprobs.append({request.token_ids[-1]: Logprob(least if request.done == 1 else math.log(0.9))})
    text = " ".join(words[: request.done])
    completion = CompletionOutput(text, tuple(request.token_ids), request.logprobs, reason)
    return RequestOutput(request.request_id, [completion], finished=reason is not None)


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
        most_at_once: Requests with a part in one step, at most.
        mixed_steps: Steps in which a request was read while another was being answered.
        runner: The model's.
    """

    def __init__(self, arguments: AsyncEngineArgs) -> None:
        self.arguments = arguments
        self.aborted: list[str] = []
        self.most_at_once = 0
        self.mixed_steps = 0
        self.runner = tilt_model_runner.TiltModelRunner(CONFIG.max_image_height)
        self._scheduler = _class_of(arguments.scheduler_cls)(
            max_num_seqs=arguments.max_num_seqs, **arguments.additional_config
        )
        self._requests: dict[str, Request] = {}
        self._given_up: set[str] = set()
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
        request = Request(request_id, prompt, sampling_params, chunks_of(prompt, length=CONFIG.chunk_length))
        self._requests[request_id] = request
        self._scheduler.add(request)
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
                self._given_up.add(request_id)
                self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            if self._given_up:  # As LLMEngine.abort_request calls it.
                self._scheduler.abort_seq_group(self._given_up, seq_id_to_seq_group={})
                self._given_up = set()
            if not self._requests:
                self._wake.clear()
                continue
            slow = any(command_of(request) == "<slow>" for request in self._requests.values())
            await asyncio.sleep(SLOW_STEP_S if slow else STEP_S)
            self._step()

    def _step(self) -> None:
        chunks, decoded = self._scheduler.schedule()
        self.most_at_once = max(self.most_at_once, len(decoded))
        self.mixed_steps += bool(chunks) and any(request.done for request in decoded)
        tokens = self.runner.execute_model(chunks, decoded).outputs
        for request, token in zip(decoded, tokens or [], strict=True):
            try:
                output = self._output(request, token)
            except ValueError as exc:
                if command_of(request) != "<refuse>":
                    raise
                self._finish(request)
                request.stream.put_nowait(exc)
                continue
            if output.finished:
                self._finish(request)
            request.stream.put_nowait(output)

    def _finish(self, request: Request) -> None:
        self._requests.pop(request.request_id, None)
        self._scheduler.requests.remove(request)

    def _output(self, request: Request, token: int) -> RequestOutput:
        tilt.refuse_other_prompts(request.prompt)
        match command_of(request):
            case "<crash>":
                raise RuntimeError("CUDA error: device-side assert triggered by secret words")
            case "<value-crash>" | "<refuse>":
                raise ValueError("a prompt that the scheduler cannot take: secret words")
            case "<hang>":
                asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
                raise TimeoutError("Engine iteration timed out. This should never happen!")
            case "<nothing>":  # A document beyond the cache's memory: finished without a token.
                return RequestOutput(request.request_id, [CompletionOutput("", (), [], "length")], finished=True)
            case _:
                return _advance(request, token)

    def _on_end(self, loop: "asyncio.Task[None]") -> None:
        """What ended the loop reaches every pending request as it is."""
        if loop.cancelled():
            return
        self._errored_with = loop.exception()
        for request in self._requests.values():
            if isinstance(self._errored_with, Exception):
                request.stream.put_nowait(self._errored_with)


def _class_of(path: str) -> Any:  # noqa: ANN401 - the scheduler's class
    """The class of a dotted path below this package, whatever the package is called."""
    module, name = path.removeprefix("vllm.").rsplit(".", 1)
    package = __name__.removesuffix(".engine.async_llm_engine")
    return getattr(importlib.import_module(f"{package}.{module}"), name)
