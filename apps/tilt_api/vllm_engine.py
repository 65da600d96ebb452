"""Arctic-TILT in Snowflake's vLLM fork: the adapter behind `Engine`.

In: settings and the fork. Out: a running engine. Nothing of vLLM's leaves this module: its outputs become ours, its
exceptions refusals.

Source: the fork's examples/tilt_example.py shows the arguments and the order of calls; its scheduler.py and
tilt_processor.py the limits.
"""

import threading
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from loguru import logger

from apps.tilt_api.engine import (
    EXIT_NO_ENGINE,
    BadRequest,
    CannotServe,
    DocumentRefused,
    EngineDead,
    EngineFailed,
    Limits,
    Output,
    Prompt,
    Sampling,
    ScannedPage,
)
from apps.tilt_api.fork import Fork, import_fork
from apps.tilt_api.fork_repairs import repair
from apps.tilt_api.step_images import Load, Step, StepImages, load_of
from lib.pipelines.tilt.protocol import FinishReason
from lib.settings import Settings

MAX_CHUNKS_IN_BATCH = 8
"""Chunks that the encoder takes in one step; its attention bias grows with their square. Source: the fork's own."""
ENCODER_TOKENS_IN_BATCH = 4096

FINISH_REASONS: dict[str | None, FinishReason | None] = {None: None, "stop": "stop", "length": "length"}


async def start_engine(settings: Settings) -> "VllmEngine":
    """Import vllm, load the model onto the GPU and start the engine's loop; takes minutes and blocks meanwhile.

    Raises:
        CannotServe: Whatever vllm says about why it cannot.
    """
    try:
        return await start_with(import_fork(), settings)
    except Exception as exc:
        logger.opt(exception=exc).error("the engine did not start")  # No document has been near it yet.
        said = " ".join(str(exc).split())[:500]
        raise CannotServe(
            f"The engine did not start with {settings.tilt.model}: {type(exc).__name__}: {said}",
            exit_code=EXIT_NO_ENGINE,
        ) from exc


async def start_with(fork: Fork, settings: Settings) -> "VllmEngine":
    """The same with a fork that has been imported; raises what vllm raises."""
    arguments = fork.engine_args(**engine_arguments(settings))
    llm = fork.engine.from_engine_args(arguments)
    repair(fork.package)
    llm.start_background_loop()
    tokenizer = (await llm.get_tokenizer()).backend_tokenizer
    config = (await llm.get_model_config()).hf_config
    preprocessor = fork.processor.TiltPreprocessor.from_config(model_config=config, tokenizer=tokenizer)
    return VllmEngine(
        fork,
        llm=llm,
        preprocessor=preprocessor,
        # A tokenizer of our own: the preprocessor changes how the shared one truncates while it works.
        tokenizer=type(tokenizer).from_str(tokenizer.to_str()),
        separator=config.prefix_separator,
        step=Step.of(config, tokens=ENCODER_TOKENS_IN_BATCH, chunks=MAX_CHUNKS_IN_BATCH),
        limits=read_limits(config, context_tokens=settings.tilt_server.max_model_len),
    )


def engine_arguments(settings: Settings) -> dict[str, Any]:
    """What the engine is started with."""
    server = settings.tilt_server
    return {
        "model": settings.tilt.model,
        "revision": server.revision,
        "tokenizer_revision": server.revision,
        # "auto" would resolve to "generate", whose runner cannot call the model.
        "task": "tilt_generate",
        "scheduler_cls": "vllm.tilt.scheduler.Scheduler",
        "dtype": "bfloat16",
        "enforce_eager": True,
        "disable_async_output_proc": True,
        # The names of requests only; their prompts are documents.
        "disable_log_requests": True,
        "max_num_seqs": server.max_num_seqs,
        "max_model_len": server.max_model_len,
        "gpu_memory_utilization": server.gpu_util,
        # TILT's scheduler never swaps; the default would pin 4 GiB of the host's memory.
        "swap_space": 0,
        "additional_config": {
            "max_num_batched_encoder_tokens": ENCODER_TOKENS_IN_BATCH,
            "max_chunks_in_batch": MAX_CHUNKS_IN_BATCH,
        },
    }


def read_limits(config: Any, *, context_tokens: int) -> Limits:  # noqa: ANN401 - the fork's TiltConfig
    """The model's limits, from the configuration that came with its weights."""
    return Limits(
        document_tokens=config.max_seq_length,
        question_tokens=config.max_question_length - 1,  # One less than the fork refuses.
        output_tokens=config.max_output_length,
        pages=config.image_limit,
        image_width=config.image_width,
        context_tokens=context_tokens,
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A prompt of the fork's, and the images that it brings to a step."""

    prompt: Any
    load: Load


class VllmEngine:
    """The engine in this process; see `Engine` for what its methods promise."""

    name = "vllm"

    def __init__(
        self,
        fork: Fork,
        *,
        llm: Any,  # noqa: ANN401 - AsyncLLMEngine
        preprocessor: Any,  # noqa: ANN401 - TiltPreprocessor
        tokenizer: Any,  # noqa: ANN401 - tokenizers.Tokenizer
        separator: str,
        step: Step,
        limits: Limits,
    ) -> None:
        self.limits = limits
        self._fork = fork
        self._llm = llm
        self._preprocessor = preprocessor
        self._preprocessing = threading.Lock()
        self._tokenizer = tokenizer
        self._tokenizer.no_truncation()
        self._separator = separator
        self._step = step
        self._images = StepImages(step.rows)

    def count_tokens(self, words: Sequence[str]) -> int:
        """How many tokens the words have."""
        if not words:
            return 0
        return len(self._tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False).ids)

    def count_question_tokens(self, question: str) -> int:
        """How many tokens the question has with its separator; the fork adds no end token."""
        return len(self._tokenizer.encode(question + self._separator, add_special_tokens=False).ids)

    def prepare(self, pages: Sequence[ScannedPage], questions: Sequence[str]) -> tuple[Prompt, ...]:
        """One prompt for each question.

        Raises:
            DocumentRefused: A step of the engine has no memory for the images of its pages.
        """
        loads = self._loads(pages, questions)
        processor = self._fork.processor
        document = processor.Document("document", pages=[self._page(page) for page in pages])
        asked = [processor.Question(feature_name=str(i), text=text) for i, text in enumerate(questions)]
        with self._preprocessing:
            prompts = self._preprocessor.preprocess(document, asked)
        return tuple(Prompt(_Loaded(prompt, load)) for prompt, load in zip(prompts, loads, strict=True))

    def _loads(self, pages: Sequence[ScannedPage], questions: Sequence[str]) -> list[Load]:
        sizes = [(self.count_tokens(page.words), page.image.size) for page in pages]
        loads = [load_of(sizes, question_tokens=self.count_question_tokens(q), step=self._step) for q in questions]
        for load in loads:
            if not self._images.can_ever_hold(load):
                raise DocumentRefused(
                    f"{load.images} page images of up to {load.rows} rows would be looked at in one step, and there is "
                    f"memory for {self._images.rows // load.rows}; send fewer pages at once."
                )
        return loads

    def _page(self, page: ScannedPage) -> Any:  # noqa: ANN401 - the fork's Page
        return self._fork.processor.Page(
            words=list(page.words),
            bboxes=[list(box) for box in page.boxes],
            width=page.width,
            height=page.height,
            image=page.image,
        )

    async def generate(self, prompt: Prompt, *, sampling: Sampling, request_id: str) -> AsyncIterator[Output]:
        """The growing answer."""
        parameters = self._fork.sampling_params(
            temperature=sampling.temperature,
            logprobs=0,  # Of the generated tokens only.
            max_tokens=sampling.max_tokens,
            ignore_eos=sampling.ignore_end,
        )
        loaded = prompt
        assert isinstance(loaded, _Loaded)  # noqa: S101 - what `prepare` made
        async with self._images.place(loaded.load):
            outputs = self._llm.generate(prompt=loaded.prompt, sampling_params=parameters, request_id=request_id)
            async with aclosing(self._translated(outputs)) as translated:
                async for output in translated:
                    yield _read_output(output)

    async def _translated(self, outputs: Any) -> AsyncGenerator[Any]:  # noqa: ANN401 - RequestOutputs
        try:
            async with aclosing(outputs):
                async for output in outputs:
                    yield output
        except Exception as exc:
            # Whatever ended the loop reaches every caller as it is: only the engine's health tells the two apart.
            await self.check()
            if isinstance(exc, ValueError):
                raise BadRequest("The engine refuses this document with this question.") from exc
            raise EngineFailed(f"The engine failed on this request ({type(exc).__name__}).") from exc

    async def check(self) -> None:
        """Whether the engine still runs."""
        try:
            await self._llm.check_health()
        except Exception as exc:
            raise EngineDead("The engine has ended; the server is about to restart.") from exc

    def close(self) -> None:
        """End the engine's loop."""
        self._llm.shutdown_background_loop()


def _read_output(output: Any) -> Output:  # noqa: ANN401 - the fork's RequestOutput
    only = output.outputs[0]
    candidates = _candidates(only)
    if len(candidates) != len(only.token_ids) or only.finish_reason not in FINISH_REASONS:
        raise EngineFailed(f"The engine ended an answer with {only.finish_reason!r}; try again.")
    return Output(
        text=only.text,
        logprobs=tuple(chances[token].logprob for token, chances in zip(only.token_ids, candidates, strict=True)),
        finish_reason=FINISH_REASONS[only.finish_reason],
    )


def _candidates(only: Any) -> Sequence[Any]:  # noqa: ANN401 - the fork's CompletionOutput
    """The candidates of each token of an output.

    vLLM copies the tokens when it makes the output; the log probabilities are the sequence's own list, which has grown
    by the time that a late reader comes.
    """
    return list(only.logprobs or ())[: len(only.token_ids)]
