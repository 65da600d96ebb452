"""Recorded documents, questions and answers of a small TILT checkpoint with random weights.

`golden/` has the checkpoint in the published format, page images, and in cases.json what an implementation of its own
computed in float32; where a case says so, the texts and confidences are those of Snowflake's vLLM fork, too.
"""

import base64
import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from PIL import Image

from apps.tilt_api.documents import WHITE_SIZE
from apps.tilt_api.engine import ScannedPage

Case: TypeAlias = dict[str, Any]

GOLDEN = Path(__file__).parent / "golden"
CHECKPOINT = GOLDEN / "model"
CASES: tuple[Case, ...] = tuple(json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8")))
MAX_TOKENS = 24
"""Tokens of each recorded answer."""

every_case = pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])


def scanned_pages(case: Case) -> list[ScannedPage]:
    """The case's pages as an engine takes them."""
    return [
        ScannedPage(
            words=tuple(word["text"] for word in page["words"]),
            boxes=tuple(tuple(word["bbox"]) for word in page["words"]),
            width=page["width"],
            height=page["height"],
            image=_image(page),
        )
        for page in case["pages"]
    ]


def _image(page: dict[str, Any]) -> Image.Image:
    if not page.get("image"):
        return Image.new("L", WHITE_SIZE, 255)
    with Image.open(GOLDEN / page["image"]) as image:
        return image.copy()


def request_body(case: Case) -> dict[str, Any]:
    """The case as a request to /v1/tilt/generate."""
    questions = [{"key": f"q{i}", "text": answer["question"]} for i, answer in enumerate(case["answers"])]
    return {"questions": questions, "pages": [_page(page) for page in case["pages"]], "max_tokens": MAX_TOKENS}


def _page(page: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"ocr": {"width": page["width"], "height": page["height"], "words": page["words"]}}
    if page.get("image"):
        body["image"] = base64.b64encode((GOLDEN / page["image"]).read_bytes()).decode()
    return body
