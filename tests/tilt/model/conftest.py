"""The checkpoint of tests/tilt/golden, loaded once, and engines over it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch

from apps.tilt_api.arctic_tilt.engine import TorchEngine
from apps.tilt_api.arctic_tilt.weights import Checkpoint, load_checkpoint
from tests.tilt.cases import CHECKPOINT


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    """In float32 on the CPU, as it was recorded."""
    torch.set_num_threads(1)  # Two threads wait for each other longer than they compute, where others compute too.
    return load_checkpoint(CHECKPOINT, device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(autouse=True)
def _inference() -> Iterator[None]:
    """No test computes gradients."""
    with torch.inference_mode():
        yield


@pytest.fixture
def engines(checkpoint: Checkpoint) -> Iterator[Callable[..., TorchEngine]]:
    """Makes engines with a budget in bytes; ends them after the test."""
    made: list[TorchEngine] = []

    def make(*, room: int = 2**32, most_questions: int = 16) -> TorchEngine:
        made.append(TorchEngine(checkpoint, room=room, most_questions=most_questions))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@contextmanager
def failing(module: torch.nn.Module, failure: Exception, *, when: Callable[[torch.Tensor], bool]) -> Iterator[None]:
    """Let a module fail on the inputs that are meant."""

    def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if when(inputs[0]):
            raise failure

    handle = module.register_forward_pre_hook(hook)
    try:
        yield
    finally:
        handle.remove()
