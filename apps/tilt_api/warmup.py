"""The first answers, asked by the server itself, so that no client waits for what is compiled on the way.

In: an engine. Out: nothing; the engine has answered. The kernel for a step in which one question is read while another
is being answered is compiled when that happens first: so the second question starts while the first is at it.
"""

import uuid
from collections.abc import AsyncIterator

import anyio.to_thread
from loguru import logger
from PIL import Image

from apps.tilt_api.documents import WHITE_SIZE
from apps.tilt_api.engine import Engine, EngineFailed, Output, Prompt, Sampling, ScannedPage

QUESTIONS = ("What is the total?", "What is the date?")
SAMPLING = Sampling(temperature=0.0, max_tokens=32, ignore_end=True)
"""Long enough that the first answer surely goes on when the second question comes."""


async def warm_up(engine: Engine) -> None:
    """Ask two overlapping questions about a page of our own.

    Raises:
        ServingError: The engine cannot answer.
    """
    width, height = WHITE_SIZE
    page = ScannedPage(
        words=("Total", "1.00"),
        boxes=((100, 100, 200, 130), (210, 100, 280, 130)),
        width=width,
        height=height,
        image=Image.new("L", WHITE_SIZE, 255),
    )
    first, second = await anyio.to_thread.run_sync(engine.prepare, (page,), QUESTIONS)
    running = _ask(engine, first)
    await anext(running)
    await _finish(_ask(engine, second))
    await _finish(running)
    logger.info("the engine has answered its first two questions")


def _ask(engine: Engine, prompt: Prompt) -> AsyncIterator[Output]:
    return engine.generate(prompt, sampling=SAMPLING, request_id=f"warmup-{uuid.uuid4().hex}")


async def _finish(outputs: AsyncIterator[Output]) -> None:
    finish_reason = None
    async for output in outputs:
        finish_reason = output.finish_reason
    if finish_reason is None:
        raise EngineFailed("The engine did not finish its first answers.")
