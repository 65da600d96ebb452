"""A checkpoint in the published format: a folder, or the name of a model on the hub.

In: where it is. Out: configuration, tokenizer and model. Only module that reads files.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from loguru import logger
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.model import TiltModel

FILES = ("config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json")
BOOKKEEPING = "num_batches_tracked"
"""Counts of training that batch norms carry; nothing is computed with them."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint's folder holds."""

    config: TiltConfig
    tokenizer: Tokenizer
    model: TiltModel


def find_checkpoint(model: str, *, revision: str) -> Path:
    """The folder of a model: itself, or downloaded into the hub's cache.

    Raises:
        OSError: There is none, or it cannot be fetched.
    """
    folder = Path(model).expanduser()
    return folder if folder.is_dir() else Path(snapshot_download(model, revision=revision, allow_patterns=list(FILES)))


def load_checkpoint(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Checkpoint:
    """Read configuration, tokenizer and weights.

    Raises:
        OSError: A file is missing.
        ValueError: A file is not what it should be.
    """
    try:
        config = TiltConfig.from_json((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as exc:
        raise ValueError(f"config.json: {exc}") from exc
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with torch.device("meta"):
        model = TiltModel(config)
    _fill(model, folder, device=device, dtype=dtype)
    model.arrange()
    return Checkpoint(config=config, tokenizer=tokenizer, model=model.eval().requires_grad_(requires_grad=False))


def _fill(model: TiltModel, folder: Path, *, device: torch.device, dtype: torch.dtype) -> None:
    """Put the tensors of all files into the model, one file after another."""
    expected = {name: tensor.shape for name, tensor in model.state_dict().items() if not name.endswith(BOOKKEEPING)}
    unknown = 0
    for path in _weight_files(folder):
        tensors = load_file(path)
        unknown += len(tensors.keys() - expected.keys())
        known = {name: tensor.to(device, dtype) for name, tensor in tensors.items() if name in expected}
        _refuse_other_shapes(known, expected)
        model.load_state_dict(known, strict=False, assign=True)
    missing = sorted(name for name in expected if model.state_dict()[name].is_meta)
    if missing:
        raise ValueError(f"{len(missing)} tensors are missing from the weights, {missing[0]} among them")
    if unknown:
        logger.info("{} tensors of the weights belong to no layer of TILT and were left out", unknown)
    for name, buffer in model.named_buffers():
        if name.endswith(BOOKKEEPING):
            buffer_owner = model.get_submodule(name.rpartition(".")[0])
            buffer_owner.register_buffer(BOOKKEEPING, torch.zeros_like(buffer, device=device))


def _weight_files(folder: Path) -> list[Path]:
    """The files that the index names, or all there are.

    Raises:
        FileNotFoundError: There is none.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [folder / name for name in sorted(set(names))]
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise FileNotFoundError(f"{folder} has no *.safetensors")
    return files


def _refuse_other_shapes(tensors: dict[str, Tensor], expected: dict[str, torch.Size]) -> None:
    for name, tensor in tensors.items():
        if tensor.shape != expected[name]:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}; config.json wants {tuple(expected[name])}")
