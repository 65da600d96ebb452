"""The TILT server as a process over the stand-in fork: an environment for it, and documents that are hard for it."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

QUESTIONS = [{"key": f"q{number}", "text": "What is the total amount to pay?"} for number in range(6)]
LONGEST = 0
"""The number of the document of 20 pages and 8,000 words."""


def fork_environment(folder: Path, *, build: str = "0.8.3+tilt", gpu: str = "8.9") -> dict[str, str]:
    """An environment in which `import vllm` finds the stand-in, installed as `build`."""
    metadata = folder / f"vllm-{build}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {build}\n")
    paths = os.pathsep.join([str(ROOT / "tests" / "fake_fork"), str(folder)])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "FAKE_GPU": gpu}


def mixed_documents(count: int) -> Iterator[list[int]]:
    """Words on each page of documents of every kind that the fork has trouble with."""
    draw = random.Random(8)  # noqa: S311 - the same documents each time, no secret
    for number in range(count):
        if number == LONGEST:
            yield [400] * 20
        else:
            yield draw.choice(
                [
                    [draw.randint(3, 300)],
                    [draw.randint(200, 700) for _ in range(draw.randint(2, 4))],
                    [draw.randint(2, 30)] * 8,  # Till receipts: many images in one step.
                    [draw.randint(2, 30), *[0] * 10, draw.randint(2, 30)],  # Backs of sheets.
                    [2600],  # A step without a decoded token.
                ]
            )


def tilt_request(words: list[int]) -> dict[str, Any]:
    """A request with six questions about pages of so many words."""
    pages = []
    for count in words:
        boxes = [[10 * (i % 90), 20 * (i // 90), 10 * (i % 90) + 9, 20 * (i // 90) + 15] for i in range(count)]
        said = [{"text": f"{i % 90 + 10}.50" if i % 3 else "Shop", "bbox": box} for i, box in enumerate(boxes)]
        pages.append({"ocr": {"width": 1000, "height": 1400, "words": said}})
    return {"questions": QUESTIONS, "pages": pages}
