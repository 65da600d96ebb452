"""What Arctic-TILT on PyTorch costs at its full size, with random weights: `make tilt-speed`.

In: the machine's device. Out: a Markdown table of seconds and memory on stdout. The numbers of a checkpoint change the
answers and not the work, so that none is needed. With --parts the model's parts are timed alone, which a CPU can do;
otherwise whole documents of one and six pages are answered, one and ten in flight.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import anyio
import torch
from PIL import Image
from tokenizers import Tokenizer, models

from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.encoder import Chunk
from apps.tilt_api.arctic_tilt.engine import TorchEngine, choose_device
from apps.tilt_api.arctic_tilt.memory import budget
from apps.tilt_api.arctic_tilt.model import TiltModel
from apps.tilt_api.arctic_tilt.weights import Checkpoint
from apps.tilt_api.engine import Prompt, Sampling, ScannedPage

WORDS_A_PAGE = 780
"""Tokens of an average page. Source: the Arctic-TILT paper."""
QUESTION = "What is the total amount of this invoice with all taxes ?"
QUESTIONS = 6
ANSWER_TOKENS = 16
SHAPES = ((1, 1), (6, 1), (1, 10), (6, 10))
"""Pages of a document, and documents in flight."""


def random_model(config: TiltConfig, *, device: torch.device, dtype: torch.dtype) -> TiltModel:
    """A model of that size."""
    torch.manual_seed(0)
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model = TiltModel(config)
    finally:
        torch.set_default_dtype(torch.float32)
    model.arrange()
    model.eval()
    return model


def timed(device: torch.device, work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock seconds, and seconds of all processors."""
    wall, processors = time.perf_counter(), time.process_time()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - wall, time.process_time() - processors


def measure_parts(model: TiltModel) -> Iterator[tuple[str, float, float]]:
    """One chunk through the encoder, one token through the decoder, one page through the U-Net."""
    config, device = model.config, model.device
    length = config.chunk_length
    boxes = torch.rand(length, 4, device=device)
    images = torch.zeros(length, config.d_model, dtype=model.dtype, device=device)
    chunk = Chunk(torch.randint(config.vocab_size, (length,), device=device), boxes, images)
    hidden: list[torch.Tensor] = []
    yield f"encoder, {length} tokens", *timed(device, lambda: hidden.extend(model.encode([chunk])))
    batch = model.begin(hidden, capacity=8)
    last = torch.zeros(1, dtype=torch.long, device=device)
    model.step([batch], last)
    yield "decoder, one token", *timed(device, lambda: model.step([batch], last))
    paper = torch.ones(1, 1088, config.image_width)
    yield "U-Net, one page", *timed(device, lambda: model.look(paper, boxes * config.image_width))


def page() -> ScannedPage:
    """A full page of rows of words."""
    boxes = tuple(
        (20.0 + 60 * (i % 12), 20.0 + 16 * (i // 12), 70.0 + 60 * (i % 12), 30.0 + 16 * (i // 12))
        for i in range(WORDS_A_PAGE)
    )
    return ScannedPage(("word",) * WORDS_A_PAGE, boxes, 768, 1086, Image.new("L", (768, 1086), 255))


async def answer_documents(engine: TorchEngine, *, pages: int, in_flight: int) -> None:
    """Answer six questions about each of some documents that come at once."""
    sampling = Sampling(temperature=0, max_tokens=ANSWER_TOKENS, ignore_end=True)

    async def answer(prompt: Prompt) -> None:
        async for _ in engine.generate(prompt, sampling=sampling, request_id=""):
            pass

    documents = [engine.prepare([page()] * pages, [QUESTION] * QUESTIONS) for _ in range(in_flight)]
    await asyncio.gather(*(answer(prompt) for prompts in documents for prompt in prompts))


def measure_documents(model: TiltModel, *, most_questions: int) -> Iterator[tuple[str, float, float]]:
    """Whole documents; the last figure is the peak of the GPU's memory in GB, weights included."""
    device = model.device
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 2}, unk_token="<unk>"))  # noqa: S106 - a word
    room = budget(device, configured_mb=0, gpu_util=0.85)
    engine = TorchEngine(Checkpoint(model.config, tokenizer, model), room=room, most_questions=most_questions)
    anyio.run(
        partial(answer_documents, engine, pages=1, in_flight=1)
    )  # Not timed: what is loaded and compiled at first.
    for pages, in_flight in SHAPES:
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        answered = partial(answer_documents, engine, pages=pages, in_flight=in_flight)
        seconds, _ = timed(device, partial(anyio.run, answered))
        peak = torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else 0.0
        yield f"{pages} pages, {in_flight} in flight", seconds, peak
    engine.close()


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto", choices=["auto", "cuda", "cpu"])
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument("--parts", action="store_true", help="time encoder, decoder and U-Net alone")
    parser.add_argument("--layers", type=int, default=TiltConfig().num_hidden_layers)
    parser.add_argument("--most-questions", type=int, default=60)
    asked = parser.parse_args()
    device = choose_device(asked.device)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"torch {torch.__version__} on {where}, {asked.layers} layers of each\n")
    print(f"| type | what | seconds | {'processor seconds' if asked.parts else 'peak GB'} |\n|---|---|---:|---:|")
    config = replace(TiltConfig(), num_hidden_layers=asked.layers)
    with torch.inference_mode():
        for name in asked.dtypes:
            model = random_model(config, device=device, dtype=getattr(torch, name))
            rows = (
                measure_parts(model) if asked.parts else measure_documents(model, most_questions=asked.most_questions)
            )
            for what, seconds, other in rows:
                print(f"| {name} | {what} | {seconds:.2f} | {other:.2f} |", flush=True)
            del model, rows


if __name__ == "__main__":
    main()
