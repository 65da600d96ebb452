"""The OCR stage: real engines on our own picture, and the pool that shares them out."""

import base64
import hashlib
import importlib.metadata
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import cv2
import numpy as np
import psutil
import pytest

from lib.document import PageImage, Recognition
from lib.errors import OcrError, OcrTooLong, StartupError, TooManyPixels
from lib.pipelines.images.orientation import turned
from lib.pipelines.ocr import OcrPool, PaddleEngine, load_engines, openvino_session
from lib.pipelines.ocr.openvino_session import openvino_models
from lib.pipelines.ocr.weights import find_weights
from lib.settings import OcrSettings, load_settings
from tests.onnx_writer import write_orientation_model

ROOT = Path(__file__).parents[4]
PICTURE = ROOT / "tests" / "test_ocr.png"
WORDS = ("NORTHWIND", "2025-03-14", "9.90", "25.00", "34.90", "8.03", "42.93")

pytestmark = pytest.mark.xdist_group("ocr")  # One process loads the engines for all of them.


def _settings(**environ: str) -> OcrSettings:
    return load_settings(environ).ocr


@pytest.fixture(scope="module")
def receipt() -> PageImage:
    """The picture of the smoke test, as a page."""
    image: PageImage = cv2.imread(str(PICTURE))
    return image


@pytest.fixture(scope="module", params=["onnxruntime", "openvino", "paddle"])
def engine(request: pytest.FixtureRequest) -> PaddleEngine:
    """A real engine of each kind."""
    return load_engines(_settings(OCR_ENGINE=request.param))[0]


@pytest.fixture(scope="module")
def engines() -> tuple[PaddleEngine, ...]:
    """Two real engines of the default kind."""
    return load_engines(_settings(), count=2)


def test_recognize_of_receipt_reads_its_words(engine: PaddleEngine, receipt: PageImage) -> None:
    """Each engine reads the merchant, the date and every amount, and is sure of them."""
    spans = engine.recognize(receipt).spans

    assert {word for word in WORDS if any(word in span.text for span in spans)} == set(WORDS)
    assert all(0.9 < span.confidence <= 1.0 for span in spans)


def test_recognize_of_receipt_gives_polygons_inside_the_page(engine: PaddleEngine, receipt: PageImage) -> None:
    """Corners go top left, top right, bottom right, bottom left, in the pixels of the page."""
    height, width = receipt.shape[:2]

    for span in engine.recognize(receipt).spans:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = span.polygon
        assert 0 <= min(x0, x3) < max(x1, x2) <= width
        assert 0 <= min(y0, y1) < max(y2, y3) <= height


@pytest.mark.parametrize(
    "shape",
    [pytest.param((900, 700), id="white-page"), pytest.param((1, 1), id="one-pixel"), pytest.param((1, 900), id="row")],
)
def test_recognize_of_page_without_text_gives_no_spans(engine: PaddleEngine, shape: tuple[int, int]) -> None:
    """Nothing to read is no error, down to a single pixel."""
    assert engine.recognize(np.full((*shape, 3), 255, np.uint8)) == Recognition()


def test_recognize_of_what_is_no_page_raises_and_leaves_the_engine_usable(
    engine: PaddleEngine, receipt: PageImage
) -> None:
    """The library's error becomes ours, with its cause, and the next page is read."""
    with pytest.raises(OcrError) as caught:
        engine.recognize(np.zeros((10, 10, 7), np.uint8))

    assert caught.value.__cause__ is not None
    assert engine.recognize(receipt).spans


def test_recognize_of_page_longer_than_the_engine_can_address_is_refused(engine: PaddleEngine) -> None:
    """A side beyond 16 bits would give corners at negative pixels."""
    with pytest.raises(TooManyPixels, match="8 x 32768"):
        engine.recognize(np.zeros((32_768, 8, 3), np.uint8))


def test_recognize_with_models_of_ones_own_reads_the_same(
    engine: PaddleEngine, receipt: PageImage, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """OCR_MODEL_DIR takes det/ and rec/ in PaddleOCR's format, for each engine; its short lines are filled up more."""
    name = request.node.callspec.params["engine"]
    find_weights(_settings(OCR_ENGINE=name), tmp_path)

    (own,) = load_engines(_settings(OCR_ENGINE=name, OCR_MODEL_DIR=str(tmp_path), OCR_LANG="ru"))

    spans, expected = own.recognize(receipt).spans, engine.recognize(receipt).spans
    assert [(span.text, span.polygon) for span in spans] == [(span.text, span.polygon) for span in expected]


def test_orientation_model_beside_ones_own_says_which_way_is_up(receipt: PageImage, tmp_path: Path) -> None:
    """OCR_MODEL_DIR may hold ori/ as well; without it, or with OCR_ORIENTATION=off, there is no second opinion."""
    find_weights(_settings(), tmp_path)
    ours = {"OCR_MODEL_DIR": str(tmp_path)}
    (without,) = load_engines(_settings(**ours))
    write_orientation_model(tmp_path / "ori")
    (engine,), (off,) = load_engines(_settings(**ours)), load_engines(_settings(**ours, OCR_ORIENTATION="off"))
    page = np.full((300, 200, 3), 255, np.uint8)
    page[:100] = 0

    assert [engine.rotation_of(np.ascontiguousarray(turned(page, rotation))) for rotation in (0, 90, 180, 270)] == [
        0,
        270,
        180,
        90,
    ]
    assert (without.rotation_of(page), off.rotation_of(page)) == (None, None)
    assert engine.recognize(receipt) == without.recognize(receipt)


def test_orientation_model_in_the_cache_of_official_ones_is_used(tmp_path: Path) -> None:
    """Where PaddleX keeps what it downloads, the model is found without being asked for."""
    write_orientation_model(tmp_path / "official_models" / "PP-LCNet_x1_0_doc_ori_onnx")
    script = (
        "import numpy as np\n"
        "from lib.pipelines.ocr import load_engines; from lib.settings import load_settings\n"
        "page = np.full((300, 200, 3), 255, np.uint8); page[200:] = 0\n"
        "print(load_engines(load_settings({}).ocr)[0].rotation_of(page))\n"
    )

    environ = {"PADDLE_PDX_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )

    assert done.stdout == "180\n"


def test_recognize_of_turned_receipt_turns_it_back(engine: PaddleEngine, receipt: PageImage) -> None:
    """Either engine tells up from down, and reads the turned page as the upright one."""
    recognition = engine.recognize(np.ascontiguousarray(turned(receipt, 180)))

    assert recognition == replace(engine.recognize(receipt), rotation=180)


def test_recognize_with_orientation_off_turns_nothing(receipt: PageImage) -> None:
    """OCR_ORIENTATION=off reads pages as they stand."""
    (engine,) = load_engines(_settings(OCR_ORIENTATION="off"))

    assert engine.recognize(np.ascontiguousarray(turned(receipt, 180))).rotation == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("OCR_DETECTION_SIDE", "128", id="detection-side"),
        pytest.param("OCR_DETECTION_THRESHOLD", "0.9", id="detection-threshold"),
        pytest.param("OCR_BOX_THRESHOLD", "0.95", id="box-threshold"),
        pytest.param("OCR_UNCLIP_RATIO", "2.5", id="unclip-ratio"),
        pytest.param("OCR_BATCH", "16", id="batch"),
    ],
)
def test_recognize_with_a_setting_changed_finds_something_else(
    engines: tuple[PaddleEngine, ...], receipt: PageImage, variable: str, value: str
) -> None:
    """Every setting of detection and recognition reaches the library."""
    (changed,) = load_engines(_settings(**{variable: value}))

    assert changed.recognize(receipt) != engines[0].recognize(receipt)


def test_load_gives_the_libraries_the_threads_of_the_settings() -> None:
    """OMP_NUM_THREADS holds for OpenCV, and for Paddle, which reads the variable itself, also where it is a default."""
    script = (
        "import os, cv2; from lib.pipelines.ocr import load_engines; from lib.settings import load_settings\n"
        "load_engines(load_settings({}).ocr)\n"
        "print(os.environ['OMP_NUM_THREADS'], cv2.getNumThreads())\n"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=True)

    assert done.stdout == "1 1\n"


def test_load_lets_no_engine_report_its_use(tmp_path: Path) -> None:
    """Of its own accord onnxruntime counts sessions in a file, for its maker."""
    script = (
        "from lib.pipelines.ocr import load_engines; from lib.settings import load_settings\n"
        "load_engines(load_settings({}).ocr)\n"
    )

    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={"TMPDIR": str(tmp_path)}, check=True)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino"])
def test_page_has_its_processor_time_in_whatever_thread_it_is_read(kind: str, receipt: PageImage) -> None:
    """OpenVINO computes in threads of its own where engines share a model: the caller's own time is a tenth then."""
    first, _ = load_engines(_settings(OCR_ENGINE=kind, OCR_PAGE_TIMEOUT_S="0.15"), count=2)

    with pytest.raises(OcrTooLong):
        first.recognize(receipt)


@pytest.mark.parametrize(("reads_lines", "runs"), [(True, 2), (False, 1)])
def test_openvino_runs_all_engines_on_one_model_and_pins_none_to_a_core(
    reads_lines: bool, runs: int, tmp_path: Path
) -> None:
    """Of its own accord it pins all threads to the same core, where they wait. Every second engine has a detector."""
    detector = find_weights(_settings(OCR_ENGINE="openvino"), tmp_path).detection
    with closing(openvino_models(threads=1, engines=2)) as models:
        path = Path(f"{detector.folder}/inference.onnx")
        assert models.begin(path, reads_lines=reads_lines) is models.begin(path)
        compiled = models.begin(path).result()._compiled

    assert compiled.get_property("ENABLE_CPU_PINNING") is False
    assert (compiled.get_property("NUM_STREAMS"), compiled.get_property("INFERENCE_NUM_THREADS")) == (runs, runs)


def test_openvino_takes_recognizers_for_what_they_are_where_nobody_began_to_load_them(tmp_path: Path) -> None:
    """The official ones come by their names, and their folders are known only when PaddleOCR has fetched them."""
    settings = _settings(OCR_ENGINE="openvino")
    weights = find_weights(settings, tmp_path)
    with closing(openvino_models(threads=1, engines=2)) as models:
        PaddleEngine(settings, weights, models=models)
        runs = {path.parent: loaded.result()._runs for path, loaded in models._loaded.items()}

    assert runs == {weights.recognition.folder: 2, weights.detection.folder: 1}


def test_openvino_computes_in_32_bits_where_bfloat16_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its own accord it goes by the instructions that there are, however slow."""
    monkeypatch.setattr(openvino_session, "is_fast_in_bfloat16", lambda: False)
    detector = find_weights(_settings(OCR_ENGINE="openvino"), tmp_path).detection
    with closing(openvino_models(threads=1, engines=1)) as models:
        compiled = models.begin(Path(f"{detector.folder}/inference.onnx")).result()._compiled

    assert compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name() == "f32"


def test_onnxruntime_holds_each_model_once_for_all_engines(receipt: PageImage) -> None:
    """Threads run it at the same time, and none reads anything else for that."""
    engines = load_engines(_settings(OCR_ENGINE="onnxruntime"), count=2)
    alone = engines[0].recognize(receipt)

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(lambda engine: engine.recognize(receipt), engines * 2))

    assert together == [alone] * 4
    assert len({id(engine._detector.paddlex_predictor.runner.session) for engine in engines}) == 1


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino"])
def test_engine_gives_back_what_a_large_page_took(kind: str) -> None:
    """Of their own accord both keep for good what their largest pages needed. It reads on as before."""
    (engine,) = load_engines(_settings(OCR_ENGINE=kind, OCR_DETECTION_SIDE="1280"))
    page = np.full((1280, 1280, 3), 255, np.uint8)
    cv2.putText(page, "TOTAL", (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    read = engine.recognize(page)
    kept = psutil.Process().memory_info().rss

    engine.give_back_memory()

    assert psutil.Process().memory_info().rss < kept - 100 * 2**20
    assert engine.recognize(page) == read


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino"])
def test_engine_reads_on_while_another_gives_back_memory(kind: str, receipt: PageImage) -> None:
    """Though they share their models; nothing is raised."""
    idle, working = load_engines(_settings(OCR_ENGINE=kind), count=2)
    alone = working.recognize(receipt)

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(working.recognize, receipt)
        while not reading.done():
            idle.give_back_memory()

    assert reading.result() == alone


def test_openvino_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start ends with what to install, as it does for missing weights."""
    monkeypatch.setitem(sys.modules, "openvino", None)

    with pytest.raises(StartupError, match="needs the package openvino in the version"):
        load_engines(_settings(OCR_ENGINE="openvino"))


def test_opencv_is_the_headless_one() -> None:
    """Of the wheels that write the cv2 folder the headless one was last, and its binary asks for no display."""
    files = importlib.metadata.files("opencv-python-headless")
    (binary,) = (file for file in files or () if file.match("cv2/cv2*.so"))
    content = Path(str(binary.locate())).read_bytes()
    recorded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()

    assert cv2.__version__ == "4.10.0"
    assert binary.hash is not None
    assert binary.hash.value == recorded
    assert not any(library in content for library in (b"libGL.so", b"libQt", b"libX11"))


def test_import_of_stage_loads_no_engine() -> None:
    """Importing the stage is light, and reading with onnxruntime never imports another."""
    script = (
        "import sys; import lib.pipelines.ocr as ocr; from lib.settings import load_settings\n"
        "heavy = {'paddle', 'paddleocr', 'paddlex', 'onnxruntime', 'openvino', 'cv2'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "ocr.load_engines(load_settings({'OCR_ENGINE': 'onnxruntime'}).ocr)\n"
        "assert not {'paddle', 'openvino'} & set(sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_threads_with_an_engine_each_read_the_same_as_one_after_the_other(
    engines: tuple[PaddleEngine, ...], receipt: PageImage
) -> None:
    """Parallel engines on distinct pages give what a single one gives."""
    pages = [np.ascontiguousarray(receipt[: 200 + 60 * cut]) for cut in range(6)]
    alone = [engines[0].recognize(page) for page in pages]

    async def together() -> list[Recognition]:
        pool = OcrPool(engines)
        results = [Recognition()] * len(pages)

        async def read(place: int) -> None:
            results[place] = await pool.recognize(pages[place])

        async with anyio.create_task_group() as group:
            for place in range(len(pages)):
                group.start_soon(read, place)
        return results

    assert anyio.run(together) == alone


def test_page_whose_lines_two_engines_read_says_the_same(engines: tuple[PaddleEngine, ...], receipt: PageImage) -> None:
    """A single page in a pool is read by both, line for line as by one."""
    alone = engines[0].recognize(receipt)
    pool = OcrPool(engines)

    assert anyio.run(pool.recognize, receipt) == alone
