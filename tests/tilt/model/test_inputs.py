"""Configuration, weights, boxes, images and biases, beyond what is recorded."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional

from apps.tilt_api.arctic_tilt.biases import bucket_of
from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.images import image_tensor, padded
from apps.tilt_api.arctic_tilt.tokens_and_boxes import document_tokens
from apps.tilt_api.arctic_tilt.weights import Checkpoint, load_checkpoint
from apps.tilt_api.engine import ScannedPage
from tests.tilt.cases import CHECKPOINT

CONFIG = TiltConfig()
CPU = torch.device("cpu")


def page(*words: str, box: tuple[float, float, float, float] = (0, 0, 100, 10)) -> ScannedPage:
    """A page of 100 x 100 with some words in one place."""
    return ScannedPage(words, (box,) * len(words), 100, 100, Image.new("L", (100, 100), 255))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the checkpoint."""
    shutil.copytree(CHECKPOINT, tmp_path / "model")
    return tmp_path / "model"


def test_configuration_has_the_published_defaults() -> None:
    """A config.json that says nothing is the published model's."""
    config = TiltConfig.from_json('{"model_type": "tilt", "unknown": 1, "d_model": null}')

    assert config == CONFIG
    assert (config.d_model, config.num_hidden_layers, config.chunk_length, config.d_attention) == (1024, 24, 1024, 1024)


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ({"model_type": "t5"}, "model_type"),
        ({"d_model": "64"}, "d_model"),
        ({"d_kv": 0}, "d_kv"),
        ({"crop_bboxes": 1}, "crop_bboxes"),
        ({"num_hidden_layers": True}, "num_hidden_layers"),
        ({"unet_in_channels": 3}, "unet_in_channels"),
    ],
)
def test_configuration_that_fits_no_model_is_refused(entries: dict[str, Any], named: str) -> None:
    """By the name of the entry."""
    with pytest.raises(ValueError, match=named):
        TiltConfig.from_json(json.dumps({"model_type": "tilt"} | entries))


def test_longest_question_leaves_room_in_a_chunk() -> None:
    """Also where a chunk is shorter than the longest question that is allowed."""
    assert CONFIG.longest_question == 255
    assert replace(CONFIG, chunk_length=128).longest_question == 127


def test_weights_in_several_files_are_one_model(folder: Path, checkpoint: Checkpoint) -> None:
    """With an index, as large checkpoints have; counts of training and unknown tensors are passed over."""
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    (folder / "model.safetensors").unlink()
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in parts.items():
        save_file({name: tensors[name] for name in part} | {f"more.{file[0]}": torch.ones(1)}, folder / file)
    index = {"weight_map": {name: file for file, part in parts.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    model = load_checkpoint(folder, device=CPU, dtype=torch.float32).model

    for name, tensor in checkpoint.model.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor), name


@pytest.mark.parametrize("fault", ["missing", "shape"])
def test_weights_that_do_not_fit_are_refused(folder: Path, fault: str) -> None:
    """By the name of a tensor."""
    tensors = load_file(folder / "model.safetensors")
    name = "encoder.blocks.1.fusion.to_r.weight"
    tensor = tensors.pop(name)
    if fault == "shape":
        tensors[name] = tensor[:3].contiguous()
    save_file(tensors, folder / "model.safetensors")

    with pytest.raises(ValueError, match=name):
        load_checkpoint(folder, device=CPU, dtype=torch.float32)


def test_folder_without_weights_is_refused(folder: Path) -> None:
    """It says what is missing."""
    (folder / "model.safetensors").unlink()

    with pytest.raises(FileNotFoundError, match="safetensors"):
        load_checkpoint(folder, device=CPU, dtype=torch.float32)


def test_words_box_is_cut_in_proportion_to_characters(checkpoint: Checkpoint) -> None:
    """The parts touch, begin and end with the word, and a mark of its beginning has no width."""
    tokens = document_tokens([page("Gross-Umsatz", "x")], tokenizer=checkpoint.tokenizer, config=checkpoint.config)
    first = np.flatnonzero(tokens.ids == tokens.ids[0])
    left, right = tokens.rois[: first[1], 0], tokens.rois[: first[1], 2]

    assert (left[0], right[0]) == (0, 0)
    assert right[-1] == pytest.approx(768, abs=1e-3)
    assert right[:-1] == pytest.approx(left[1:])


def test_pages_without_a_word_only_move_those_behind_them(checkpoint: Checkpoint) -> None:
    """Also the first page and the last one; a document without any word has no tokens."""
    word = document_tokens([page("x")], tokenizer=checkpoint.tokenizer, config=checkpoint.config)
    between = document_tokens([page(), page("x"), page()], tokenizer=checkpoint.tokenizer, config=checkpoint.config)
    none = document_tokens([page(), page()], tokenizer=checkpoint.tokenizer, config=checkpoint.config)

    assert between.ids.tolist() == word.ids.tolist()
    assert set(between.pages.tolist()) == {1}
    np.testing.assert_allclose(between.boxes - word.boxes, [[0, 0.7071068, 0, 0.7071068]] * len(word), atol=1e-6)
    np.testing.assert_array_equal(between.rois, word.rois)
    assert len(none) == 0


def test_boxes_beyond_the_page_are_clamped_unless_told_otherwise(checkpoint: Checkpoint) -> None:
    """crop_bboxes says so."""
    beyond = [page("x", box=(-50, -50, 300, 400))]
    cropped = document_tokens(beyond, tokenizer=checkpoint.tokenizer, config=checkpoint.config)
    kept = document_tokens(beyond, tokenizer=checkpoint.tokenizer, config=replace(checkpoint.config, crop_bboxes=False))

    np.testing.assert_allclose(cropped.rois[-1], [0, 0, 768, 768], atol=1e-3)
    np.testing.assert_allclose(kept.rois[-1], [-384, -384, 2304, 3072], atol=1e-2)


def test_document_ends_at_the_longest_that_the_model_takes(checkpoint: Checkpoint) -> None:
    """The server refuses it before; the engine must not exceed its own arrays."""
    config = replace(checkpoint.config, max_seq_length=5)

    assert len(document_tokens([page(*["x"] * 9)], tokenizer=checkpoint.tokenizer, config=config)) == 5


@pytest.mark.parametrize("size", [(500, 2400), (1600, 5000), (90, 4000)])
def test_tall_image_is_that_of_the_whole_one(size: tuple[int, int]) -> None:
    """Rows that nobody looks at may be left out before scaling."""
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0]), dtype=np.uint8)
    whole = torch.from_numpy(pixels).float()[None, None]
    height = size[1] * 768 // size[0]
    expected = functional.interpolate(whole, size=(height, 768), mode="bicubic", antialias=True)[0, :, :2048] / 255

    np.testing.assert_allclose(image_tensor(Image.fromarray(pixels), CONFIG), expected, atol=2e-4)


@pytest.mark.parametrize("size", [(1, 1_000_000), (1_000_000, 1), (1, 1)])
def test_image_of_any_shape_costs_no_more_than_a_page(size: tuple[int, int]) -> None:
    """A line of pixels, scaled to the model's width, would be 768 million rows."""
    image = image_tensor(Image.new("L", size, 128), CONFIG)

    assert image.shape[1] <= 2048
    assert image.shape[2] == 768
    assert image.mean().item() == pytest.approx(128 / 255, abs=1e-3)


def test_colors_count_by_how_bright_they_look() -> None:
    """Red, green and blue have their own weights; white is white within rounding."""
    colors = {"red": 0.29886, "lime": 0.58701, "blue": 0.113985, "white": 0.999855}

    for color, gray in colors.items():
        assert image_tensor(Image.new("RGB", (8, 8), color), CONFIG).mean().item() == pytest.approx(gray, abs=1e-5)


def test_padding_is_white_and_divisible() -> None:
    """By 64, on both sides, up to the height of the tallest page."""
    paper = padded(torch.zeros(1, 65, 100), height=129)

    assert paper.shape == (1, 192, 128)
    assert (paper[:, :65, :100].max(), paper[:, 65:].min(), paper[:, :, 100:].min()) == (0, 1, 1)


def test_buckets_are_those_of_t5() -> None:
    """Exact for short distances, logarithmic beyond, the second half for keys that come later."""
    distances = torch.tensor([0, 1, 7, 8, 11, 12, 15, 16, 31, 32, 64, 127, 128, 5000])
    both = bucket_of(distances, buckets=32, max_distance=128, bidirectional=True)
    later = bucket_of(-distances, buckets=32, max_distance=128, bidirectional=True)
    back = bucket_of(distances, buckets=32, max_distance=128, bidirectional=False)

    assert both.tolist() == [0, 1, 7, 8, 8, 9, 9, 10, 11, 12, 14, 15, 15, 15]
    assert later.tolist() == [0, *(bucket + 16 for bucket in both[1:].tolist())]
    assert back[:8].tolist() == [0, 1, 7, 8, 11, 12, 15, 16]
    assert back.tolist()[8:] == [
        min(31, 16 + math.floor(math.log(d / 16) / math.log(8) * 16)) for d in (31, 32, 64, 127, 128, 5000)
    ]
    assert bucket_of(torch.tensor([-3]), buckets=32, max_distance=128, bidirectional=False).tolist() == [0]


def test_boxes_are_widened_on_both_sides_within_the_image(checkpoint: Checkpoint) -> None:
    """roi_expansion_width; the height stays."""
    model = checkpoint.model
    image = torch.rand(1, 128, 768, generator=torch.Generator().manual_seed(2))
    plain = torch.tensor([[100.0, 20, 140, 30], [0, 20, 10, 30], [760, 20, 767, 30]])
    wider = torch.tensor([[76.0, 20, 164, 30], [0, 20, 34, 30], [736, 20, 767, 30]])
    expected = model.look(image, wider)
    model.config, before = replace(model.config, roi_expansion_width=24), model.config
    try:
        found = model.look(image, plain)
    finally:
        model.config = before

    assert torch.equal(found, expected)
