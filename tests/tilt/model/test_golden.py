"""The engine computes what was recorded: tokens, boxes, images, hidden states, answers."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from apps.tilt_api.arctic_tilt.document import PreparedDocument
from apps.tilt_api.arctic_tilt.generation import choose
from apps.tilt_api.arctic_tilt.images import image_tensor
from apps.tilt_api.arctic_tilt.tokens_and_boxes import DocumentTokens, Prefix, document_tokens, prefix_of
from apps.tilt_api.arctic_tilt.weights import Checkpoint
from tests.tilt.cases import CASES, MAX_TOKENS, Case, every_case, scanned_pages

TOLERANCE = 1e-3
RECORDED = 2e-5
"""Recorded with five or six digits."""


def tokens_of(case: Case, checkpoint: Checkpoint) -> DocumentTokens:
    """The tokens of a case's document."""
    return document_tokens(scanned_pages(case), tokenizer=checkpoint.tokenizer, config=checkpoint.config)


@pytest.fixture(scope="module")
def hidden_of(checkpoint: Checkpoint) -> Callable[[Case], list[torch.Tensor]]:
    """What the encoder makes of each of a case's questions, computed once."""

    @cache
    def compute(name: str) -> list[torch.Tensor]:
        (case,) = (case for case in CASES if case["name"] == name)
        images = [page.image for page in scanned_pages(case)]
        document = PreparedDocument(tokens_of(case, checkpoint), images, checkpoint.model)
        for _ in document.look_at_pages():
            pass
        asked = [question_of(answer["question"], checkpoint) for answer in case["answers"]]
        *_, hidden = document.encode(asked, chunks_at_once=5)
        return hidden

    return lambda case: compute(case["name"])


def question_of(text: str, checkpoint: Checkpoint) -> Prefix:
    """A question's tokens."""
    return prefix_of(text, tokenizer=checkpoint.tokenizer, config=checkpoint.config)


@every_case
def test_tokens_and_boxes_are_those_recorded(case: Case, checkpoint: Checkpoint) -> None:
    """Of the document, on both scales, and of the questions."""
    tokens, recorded = tokens_of(case, checkpoint), case["document"]

    assert tokens.ids.tolist() == recorded["token_ids"]
    for at, box in recorded["token_bboxes_at"].items():
        np.testing.assert_allclose(tokens.boxes[int(at)], box, atol=2e-6)
    for at, (page, *roi) in recorded["roi_bboxes_at"].items():
        assert tokens.pages[int(at)] == page
        np.testing.assert_allclose(tokens.rois[int(at)], roi, atol=2e-4)
    for answer in case["answers"]:
        prefix = question_of(answer["question"], checkpoint)
        assert prefix.ids.tolist() == answer["prefix_ids"]
        np.testing.assert_allclose(prefix.boxes, answer["prefix_bboxes"], atol=2e-6)


@every_case
def test_images_are_those_recorded(case: Case, checkpoint: Checkpoint) -> None:
    """Scaled, cut and gray."""
    for page, recorded in zip(scanned_pages(case), case["document"]["images"], strict=True):
        image = image_tensor(page.image, checkpoint.config)

        assert list(image.shape) == recorded["shape"]
        assert [image.mean().item(), image.std().item()] == pytest.approx([recorded["mean"], recorded["std"]], abs=2e-6)


@every_case
def test_hidden_states_are_those_recorded(case: Case, hidden_of: Callable[[Case], list[torch.Tensor]]) -> None:
    """Of the question and of the whole document, chunk by chunk."""
    for states, answer in zip(hidden_of(case), case["answers"], strict=True):
        recorded: dict[str, Any] = answer["encoder_hidden"]

        assert list(states.shape) == recorded["shape"]
        np.testing.assert_allclose(states[0, :8], recorded["first_token_first_8"], atol=RECORDED, rtol=0)
        np.testing.assert_allclose(states[-1, :8], recorded["last_token_first_8"], atol=RECORDED, rtol=0)
        assert [states.mean().item(), states.std().item()] == pytest.approx(
            [recorded["mean"], recorded["std"]], abs=TOLERANCE
        )


@every_case
def test_answers_are_those_recorded(
    case: Case, checkpoint: Checkpoint, hidden_of: Callable[[Case], list[torch.Tensor]]
) -> None:
    """The same tokens with the same probabilities, all questions at once."""
    model = checkpoint.model
    batch = model.begin(hidden_of(case), capacity=MAX_TOKENS)
    last = [checkpoint.config.decoder_start_token_id] * len(case["answers"])
    found = []
    for _ in range(MAX_TOKENS):
        last, logprobs = choose(model.step([batch], torch.tensor(last)), [0.0] * len(last))
        batch.length += 1
        found.append(list(zip(last, logprobs, strict=True)))

    for answer, steps in zip(case["answers"], zip(*found, strict=True), strict=True):
        length = len(answer["output_ids"])
        assert [token for token, _ in steps[:length]] == answer["output_ids"]
        np.testing.assert_allclose(
            [logprob for _, logprob in steps[:length]], answer["output_logprobs"], atol=RECORDED, rtol=0
        )


@pytest.mark.parametrize("chunk_length", [56, 64, 150])
def test_chunks_encoded_together_are_those_encoded_alone(checkpoint: Checkpoint, chunk_length: int) -> None:
    """Whatever their length: questions of different lengths, a last chunk of a few tokens, padding between."""
    (case,) = (case for case in CASES if case["name"] == "one-page")
    model = checkpoint.model
    model.config, before = replace(model.config, chunk_length=chunk_length), model.config
    try:
        document = PreparedDocument(tokens_of(case, checkpoint), [page.image for page in scanned_pages(case)], model)
        for _ in document.look_at_pages():
            pass
        asked = [question_of(answer["question"], checkpoint) for answer in case["answers"]]
        *_, together = document.encode(asked, chunks_at_once=100)
        alone = [list(document.encode([prefix], chunks_at_once=1))[-1][0] for prefix in asked]
    finally:
        model.config = before

    for prefix, states, same in zip(asked, together, alone, strict=True):
        assert len(states) == len(prefix) + len(document)
        torch.testing.assert_close(states, same, atol=2e-5, rtol=0)
