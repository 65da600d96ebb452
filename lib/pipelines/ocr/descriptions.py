"""Folders as PaddleOCR wants them: the weights of a model beside an `inference.yml` that describes it.

In: weights. Out: `Model`s. The weights that come in packages have no description, so it is written here.

Source: the descriptions that PaddleX 3.7 publishes with these models.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DETECTION = {
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"DetLabelEncode": None},
            {"DetResizeForTest": None},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "scale": "1./255.",
                    "order": "hwc",
                }
            },
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}


@dataclass(frozen=True, slots=True)
class Model:
    """One model for PaddleOCR.

    Attributes:
        name: Of the official model, which decides how PaddleOCR runs it.
        folder: Its weights; None: where PaddleOCR keeps official models, downloaded there at first use.
    """

    name: str
    folder: Path | None = None


def describe(
    folder: Path, name: str, files: Mapping[str, Path], *, alphabet: Sequence[str] = (), least_width: int = 320
) -> Model:
    """Make a folder that PaddleOCR can load: links to the weights, and the `inference.yml` that describes them.

    Args:
        folder: To be made.
        name: The official model that the weights are of.
        files: The weights by the suffix that they get, as in {"onnx": Path(...)}.
        alphabet: A recognizer's characters in the order of its outputs; empty: a detector.
        least_width: Pixels that a recognizer's shorter lines are filled up to, at a height of 48.
    """
    folder.mkdir(parents=True)
    for suffix, path in files.items():
        (folder / f"inference.{suffix}").symlink_to(path)
    description = {"Global": {"model_name": name}, **(_recognition(alphabet, least_width) if alphabet else _DETECTION)}
    # JSON is YAML as well, and quick to write and to read where an alphabet has 18,708 characters.
    (folder / "inference.yml").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    return Model(name, folder)


def _recognition(alphabet: Sequence[str], least_width: int) -> dict[str, object]:
    return {
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, 48, least_width]}},
                {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(alphabet)},
    }
