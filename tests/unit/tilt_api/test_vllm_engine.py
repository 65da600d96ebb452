"""The adapter over the fork: how it is called, and what becomes of what it says."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.tilt_api import vllm_engine
from apps.tilt_api.documents import scan
from apps.tilt_api.engine import (
    EXIT_NO_ENGINE,
    BadRequest,
    CannotServe,
    EngineDead,
    EngineFailed,
    Output,
    Prompt,
    Sampling,
    ScannedPage,
)
from apps.tilt_api.vllm_engine import VllmEngine, engine_arguments, start_with
from apps.tilt_api.warmup import warm_up
from lib.pipelines.tilt.protocol import TiltPage
from lib.settings import Settings
from tests.fake_fork.vllm.engine.async_llm_engine import CONFIG, AsyncLLMEngine
from tests.tilt_server import FORK

SAMPLING = Sampling(temperature=0.0, max_tokens=64)
TOTAL = "What is the total?"


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[VllmEngine]:
    """The adapter over the stand-in fork, its loop running."""
    engine = await start_with(FORK, settings)
    yield engine
    engine.close()


def fake(engine: VllmEngine) -> AsyncLLMEngine:
    """What stands behind the adapter."""
    llm: AsyncLLMEngine = engine._llm
    return llm


def page(engine: VllmEngine, *words: str) -> ScannedPage:
    """A page of words."""
    ocr = {"width": 100, "height": 200, "words": [{"text": word, "bbox": (1, 2, 3, 4)} for word in words]}
    (only,) = scan([TiltPage.model_validate({"ocr": ocr})], limits=engine.limits)
    return only


def prompt(engine: VllmEngine, *words: str) -> Prompt:
    """One question about a page of words."""
    (only,) = engine.prepare([page(engine, *words)], [TOTAL])
    return only


async def last(engine: VllmEngine, asked: Prompt, *, request_id: str = "1", sampling: Sampling = SAMPLING) -> Output:
    """The finished output."""
    outputs = [output async for output in engine.generate(asked, sampling=sampling, request_id=request_id)]
    return outputs[-1]


def test_engine_arguments_are_those_that_tilt_needs(settings: Settings) -> None:
    """Each of these was found in the fork's source; another value does not start, or dies later."""
    arguments = engine_arguments(settings)

    assert arguments["task"] == "tilt_generate"
    assert arguments["scheduler_cls"] == "vllm.tilt.scheduler.Scheduler"
    assert arguments["dtype"] == "bfloat16"
    assert arguments["enforce_eager"] is True
    assert arguments["disable_async_output_proc"] is True
    assert arguments["disable_log_requests"] is True
    assert arguments["swap_space"] == 0
    assert arguments["additional_config"] == {"max_num_batched_encoder_tokens": 4096, "max_chunks_in_batch": 8}
    assert arguments["max_num_seqs"] == settings.tilt_server.max_num_seqs
    assert arguments["max_model_len"] == settings.tilt_server.max_model_len
    assert arguments["gpu_memory_utilization"] == settings.tilt_server.gpu_util
    assert arguments["revision"] == arguments["tokenizer_revision"] == settings.tilt_server.revision


@pytest.mark.anyio
async def test_limits_are_those_of_the_model_that_was_loaded(engine: VllmEngine) -> None:
    """The weights' own configuration, not our idea of it."""
    assert engine.limits.document_tokens == CONFIG.max_seq_length
    assert engine.limits.question_tokens == CONFIG.max_question_length - 1


@pytest.mark.anyio
async def test_prompts_come_one_for_each_question_from_one_document(engine: VllmEngine) -> None:
    """The document is read once; boxes, size and image go along."""
    prompts = engine.prepare([page(engine, "Shop", "5.00")], [TOTAL, "Who sells?"])

    (document,) = engine._preprocessor.documents
    (read,) = document.pages
    assert len(prompts) == 2
    assert (read.words, read.bboxes, read.width, read.height) == (["Shop", "5.00"], [[1, 2, 3, 4]] * 2, 100, 200)
    assert read.image.mode == "L"


@pytest.mark.anyio
async def test_preprocessor_is_never_used_by_two_threads(engine: VllmEngine) -> None:
    """It is not thread-safe; the stand-in raises where the real one would cut documents at the wrong place."""
    pages = [page(engine, "Shop")]

    with ThreadPoolExecutor(8) as threads:
        prompts = list(threads.map(lambda _: engine.prepare(pages, [TOTAL]), range(16)))

    assert len(prompts) == 16


@pytest.mark.anyio
async def test_tokens_are_counted_whole_while_the_preprocessor_truncates(engine: VllmEngine) -> None:
    """The count is taken from another tokenizer than the one whose truncation the preprocessor sets."""
    engine._preprocessor._tokenizer.enable_truncation(1)

    assert engine.count_tokens(["abcdefgh", "ab"]) == 3
    assert engine.count_tokens([]) == 0
    assert engine.count_question_tokens("abcdefgh ab") == 4


@pytest.mark.anyio
async def test_output_grows_to_a_finished_one(engine: VllmEngine) -> None:
    """The text, every token's chance, and why it ended; unfinished until then."""
    asked = prompt(engine, "Shop", "5.00")

    outputs = [output async for output in engine.generate(asked, sampling=SAMPLING, request_id="1")]

    assert [output.finish_reason for output in outputs] == [None, "stop"]
    assert outputs[-1].text == "5.00"
    assert len(outputs[-1].logprobs) == 2


@pytest.mark.anyio
async def test_output_cut_off_at_max_tokens_says_length(engine: VllmEngine) -> None:
    """One token, and no end token."""
    output = await last(engine, prompt(engine, "5.00"), sampling=Sampling(temperature=0.0, max_tokens=1))

    assert (output.finish_reason, len(output.logprobs)) == ("length", 1)


@pytest.mark.anyio
async def test_document_beyond_the_cache_ends_without_a_token(engine: VllmEngine) -> None:
    """The fork calls it finished; we can tell it from an empty answer."""
    output = await last(engine, prompt(engine, "<nothing>", "5.00"))

    assert output == Output(text="", logprobs=(), finish_reason="length")


@pytest.mark.anyio
async def test_refusal_of_one_prompt_is_its_own(engine: VllmEngine) -> None:
    """A ValueError from the engine concerns its request; the engine lives on. Its words are not repeated."""
    with pytest.raises(BadRequest) as caught:
        await last(engine, prompt(engine, "<refuse>"))

    assert "secret" not in str(caught.value)
    assert (await last(engine, prompt(engine, "5.00"))).text == "5.00"


@pytest.mark.anyio
async def test_request_id_in_use_is_a_failure_of_that_request(engine: VllmEngine) -> None:
    """The engine takes each id once at a time."""
    running = engine.generate(prompt(engine, "<slow>", "5.00"), sampling=SAMPLING, request_id="same")
    await anext(running)

    with pytest.raises(EngineFailed, match="KeyError"):
        await last(engine, prompt(engine, "5.00"), request_id="same")

    assert [output.finish_reason async for output in running][-1] == "stop"


@pytest.mark.anyio
@pytest.mark.parametrize("command", ["<crash>", "<value-crash>"])
async def test_end_of_the_loop_is_told_to_everybody(engine: VllmEngine, command: str) -> None:
    """Pending requests get what ended it, whatever it is, later ones are refused: all of it is EngineDead."""
    asked = [prompt(engine, *words) for words in (("<slow>", "5.00"), (command,))]

    pending = await asyncio.gather(
        *(last(engine, one, request_id=str(i)) for i, one in enumerate(asked)), return_exceptions=True
    )

    assert [type(failure) for failure in pending] == [EngineDead, EngineDead]
    assert not any("secret" in str(failure) for failure in pending)
    with pytest.raises(EngineDead):
        await last(engine, prompt(engine, "5.00"))
    with pytest.raises(EngineDead):
        await engine.check()


@pytest.mark.anyio
async def test_cancelled_caller_has_its_request_aborted(engine: VllmEngine) -> None:
    """What nobody waits for frees its memory at once."""
    waiting = asyncio.create_task(last(engine, prompt(engine, "<slow>", "5.00"), request_id="left"))
    async with asyncio.timeout(20):
        while "left" not in fake(engine)._requests:  # noqa: ASYNC110 - the fork's engine sets no event of ours
            await asyncio.sleep(0.001)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert fake(engine).aborted == ["left"]


@pytest.mark.anyio
async def test_warm_up_reads_one_question_while_another_is_answered(engine: VllmEngine) -> None:
    """Only such a step compiles what concurrent requests need."""
    await warm_up(engine)

    assert fake(engine).mixed_steps == 1


@pytest.mark.anyio
async def test_start_without_weights_says_which(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever vLLM says is one line with the model's name, and has its exit code."""
    monkeypatch.setattr(vllm_engine, "import_fork", lambda: FORK)
    elsewhere = settings.model_copy(update={"tilt": settings.tilt.model_copy(update={"model": "no/such-model"})})

    with pytest.raises(CannotServe, match=r"^The engine did not start with no/such-model: OSError: .*$") as caught:
        await vllm_engine.start_engine(elsewhere)

    assert caught.value.exit_code == EXIT_NO_ENGINE
