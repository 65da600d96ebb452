"""A running TILT server, and documents to send it."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import pytest

from lib.settings import Settings
from tests.tilt_server import RunningServer, running_server

Json: TypeAlias = dict[str, Any]
MakeRequest: TypeAlias = Callable[..., Json]


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[RunningServer]:
    """The server with the default settings, over the stand-in fork."""
    async with running_server(settings) as running:
        yield running


@pytest.fixture
def ask() -> MakeRequest:
    """Makes a request with two questions about one page of the given words; members may be replaced."""

    def make(*words: str, **changes: Any) -> Json:  # noqa: ANN401 - any JSON
        boxes = [[10 * i, 10, 10 * i + 9, 20] for i in range(len(words))]
        page = {
            "width": 1000,
            "height": 1400,
            "words": [{"text": word, "bbox": box} for word, box in zip(words, boxes, strict=True)],
        }
        questions = [
            {"key": "merchant", "text": "What is the name of the seller?"},
            {"key": "total", "text": "What is the total?"},
        ]
        return {"questions": questions, "pages": [{"ocr": page}]} | changes

    return make
