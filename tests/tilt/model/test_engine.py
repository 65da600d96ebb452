"""The engine behind its protocol: batches, documents beside each other, clients that leave, memory that ends."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

import anyio
import pytest
import torch

from apps.tilt_api.arctic_tilt.engine import TorchEngine
from apps.tilt_api.arctic_tilt.generation import choose
from apps.tilt_api.arctic_tilt.memory import Estimates, is_out_of_memory
from apps.tilt_api.arctic_tilt.weights import Checkpoint
from apps.tilt_api.engine import EngineDead, EngineFailed, Output, Prompt, Sampling
from tests.tilt.cases import CASES, MAX_TOKENS, Case, scanned_pages
from tests.tilt.model.conftest import failing

pytestmark = pytest.mark.anyio

MakeEngine = Callable[..., TorchEngine]

GREEDY = Sampling(temperature=0, max_tokens=MAX_TOKENS)
BY_NAME = {case["name"]: case for case in CASES}
SMALL, OTHER, LONG = BY_NAME["one-page"], BY_NAME["boxes-beyond-page"], BY_NAME["three-chunks"]


def prompts_of(engine: TorchEngine, case: Case) -> tuple[Prompt, ...]:
    """A case's questions, ready."""
    return engine.prepare(scanned_pages(case), [answer["question"] for answer in case["answers"]])


async def answer_of(engine: TorchEngine, prompt: Prompt, sampling: Sampling = GREEDY) -> Output:
    """The last output of a question."""
    async with aclosing(engine.generate(prompt, sampling=sampling, request_id="")) as outputs:  # type: ignore[type-var]
        async for output in outputs:
            last = output
    return last


async def answers_of(engine: TorchEngine, prompts: Sequence[Prompt]) -> list[Output | BaseException]:
    """The last output of each question, all asked at once; or what it failed of."""
    return await asyncio.gather(*(answer_of(engine, prompt) for prompt in prompts), return_exceptions=True)


def texts(case: Case) -> list[str]:
    """The recorded answers."""
    return [answer["text"] for answer in case["answers"]]


def texts_found(outputs: Sequence[Output | BaseException]) -> list[str]:
    """The answers that came."""
    return [output.text for output in outputs if isinstance(output, Output)]


async def test_documents_beside_each_other_have_the_answers_they_have_alone(engines: MakeEngine) -> None:
    """Questions of different lengths, documents of one and several chunks, in one decoder step."""
    engine = engines()
    cases = [SMALL, BY_NAME["empty-page-between"], OTHER]
    found = await answers_of(engine, [prompt for case in cases for prompt in prompts_of(engine, case)])

    assert texts_found(found) == [text for case in cases for text in texts(case)]
    assert {output.finish_reason for output in found if isinstance(output, Output)} == {"length"}


async def test_questions_beyond_the_most_at_once_wait(engines: MakeEngine) -> None:
    """One after the other, with the same answers."""
    engine = engines(most_questions=1)

    assert texts_found(await answers_of(engine, prompts_of(engine, SMALL))) == texts(SMALL)


async def test_pages_are_looked_at_once_for_all_questions(engines: MakeEngine, checkpoint: Checkpoint) -> None:
    """Also where the questions do not fit in together."""
    engine = engines(most_questions=1)
    looks = []
    handle = checkpoint.model.unet.register_forward_hook(lambda *_: looks.append(1))
    await answers_of(engine, prompts_of(engine, SMALL))
    handle.remove()

    assert looks == [1]


async def test_questions_asked_together_are_encoded_together(engines: MakeEngine, checkpoint: Checkpoint) -> None:
    """One pass of the encoder for both questions of a page."""
    engine = engines()
    batches = []
    handle = checkpoint.model.encoder.register_forward_hook(lambda _, inputs, __: batches.append(len(inputs[0])))
    await answers_of(engine, prompts_of(engine, SMALL))
    handle.remove()

    assert batches == [2]


async def test_client_that_leaves_frees_its_place_at_the_next_step(engines: MakeEngine) -> None:
    """With one place, the next question is answered although the first would go on for long."""
    engine = engines(most_questions=1)
    first, second = prompts_of(engine, SMALL)
    endless = Sampling(temperature=0, max_tokens=512, ignore_end=True)
    async with aclosing(engine.generate(first, sampling=endless, request_id="")) as outputs:  # type: ignore[type-var]
        await anext(outputs)
    answered = await answer_of(engine, second)

    assert answered.text == texts(SMALL)[1]


async def test_client_that_leaves_while_its_document_is_read_stops_the_reading(
    engines: MakeEngine, checkpoint: Checkpoint
) -> None:
    """Not every page of it is looked at any more."""
    engine = engines()
    looked = asyncio.Event()
    loop = asyncio.get_running_loop()
    looks = []

    def note(*_: object) -> None:
        looks.append(1)
        loop.call_soon_threadsafe(looked.set)

    handle = checkpoint.model.encoder.register_forward_hook(note)
    asking = asyncio.ensure_future(answers_of(engine, prompts_of(engine, LONG)))
    await looked.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    answered = await answers_of(engine, prompts_of(engine, SMALL))
    handle.remove()

    assert texts_found(answered) == texts(SMALL)
    assert len(looks) < 7  # Twelve chunks, two at a time, and one batch of the small one.


@pytest.mark.parametrize("failure", [torch.OutOfMemoryError("no"), ValueError("a defect")], ids=["memory", "defect"])
async def test_failure_while_encoding_costs_that_document(
    engines: MakeEngine, checkpoint: Checkpoint, failure: Exception
) -> None:
    """The one beside it is answered, and so is the next."""
    engine = engines()
    with failing(checkpoint.model.encoder, failure, when=lambda embedded: embedded.shape[1] > 200):
        prompts = [*prompts_of(engine, LONG), *prompts_of(engine, SMALL)]
        found = await answers_of(engine, prompts)

    assert [type(output) for output in found] == [EngineFailed, EngineFailed, Output, Output]
    assert texts_found(found) == texts(SMALL)
    assert texts_found(await answers_of(engine, prompts_of(engine, OTHER))) == texts(OTHER)
    await engine.check()


async def test_memory_that_ends_while_decoding_costs_the_largest_document(
    engines: MakeEngine, checkpoint: Checkpoint
) -> None:
    """The step is taken again without it, and the others' answers stay what they are."""
    engine = engines()
    with failing(checkpoint.model.decoder, torch.OutOfMemoryError("no"), when=lambda embedded: len(embedded) > 2):
        found = await answers_of(engine, [*prompts_of(engine, SMALL), *prompts_of(engine, BY_NAME["wide-image"])])

    assert [type(output) for output in found] == [Output, Output, EngineFailed, EngineFailed]
    assert texts_found(found) == texts(SMALL)


async def test_document_beyond_all_memory_is_given_up_without_a_token(engines: MakeEngine) -> None:
    """As vLLM does: cut off at once, and no other is kept waiting."""
    engine = engines(room=1)
    found = await answers_of(engine, prompts_of(engine, SMALL))

    assert [(o.text, o.logprobs, o.finish_reason) for o in found if isinstance(o, Output)] == [("", (), "length")] * 2


async def test_budget_lets_in_what_fits(engines: MakeEngine, checkpoint: Checkpoint) -> None:
    """Room for one question at a time: both are answered."""
    estimates = Estimates(checkpoint.config, item=4)
    room = max(estimates.chunk(), estimates.page(1088)) + estimates.question(160, capacity=MAX_TOKENS)
    engine = engines(room=room)

    assert texts_found(await answers_of(engine, prompts_of(engine, SMALL))) == texts(SMALL)


async def test_long_document_keeps_no_other_from_its_next_token(engines: MakeEngine) -> None:
    """An answer under way goes on between the steps of a document that is read."""
    engine = engines()
    endless = Sampling(temperature=0, max_tokens=512, ignore_end=True)
    async with aclosing(  # type: ignore[type-var]
        engine.generate(prompts_of(engine, SMALL)[0], sampling=endless, request_id="")
    ) as outputs:
        before = len((await anext(outputs)).logprobs)
        reading = asyncio.ensure_future(answers_of(engine, prompts_of(engine, LONG)))
        during = before
        while not reading.done() and during < 512:
            during = len((await anext(outputs)).logprobs)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    assert during - before > 8


async def test_engine_whose_thread_ends_tells_everybody(engines: MakeEngine) -> None:
    """Those who wait, those who come, and whoever checks."""
    engine = engines()
    waiting = asyncio.ensure_future(answers_of(engine, prompts_of(engine, LONG)))
    await anyio.sleep(0.05)
    await anyio.to_thread.run_sync(engine.close)

    assert {type(output) for output in await waiting} == {EngineDead}
    with pytest.raises(EngineDead):
        await answer_of(engine, prompts_of(engine, SMALL)[0])
    with pytest.raises(EngineDead):
        await engine.check()


def test_high_temperature_draws_and_zero_takes_the_likeliest() -> None:
    """In one batch, each row by its own."""
    logits = torch.zeros(400, 4)
    logits[:, 2] = 1
    tokens, logprobs = choose(logits, [0.0] * 100 + [1.0] * 300)

    assert set(tokens[:100]) == {2}
    assert set(tokens[100:]) == {0, 1, 2, 3}
    assert 90 < tokens[100:].count(2) < 200  # 48 % of 300.
    assert logprobs[:100] == pytest.approx([logits[0].log_softmax(0)[2].item()] * 100)


def test_out_of_memory_is_known_on_either_device() -> None:
    """And nothing else is taken for it."""
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**50)
    assert is_out_of_memory(raised.value)
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
