"""Importing is light: engines load in the lifespan only."""

import subprocess
import sys

import pytest

HEAVY = ("paddle", "paddleocr", "paddlex", "onnxruntime", "openvino", "cv2", "torch")


@pytest.mark.parametrize("module", ["apps.api_gpu.main", "lib.pipelines.extract", "lib.layout_reader.reader"])
def test_import_loads_no_engine(module: str) -> None:
    """A module that is imported has none of the heavy libraries with it."""
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"


def test_worker_process_that_reads_imports_neither_settings_nor_metrics() -> None:
    """Each such process repeats its imports while the service starts."""
    unneeded = ("pydantic", "prometheus_client")
    code = f"import sys, lib.pipelines.reading_apart; print([name for name in {unneeded} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"


OWN_LANGUAGE = "import_paddleocr()"
OFFICIAL_LANGUAGE = "cached_folder('th_PP-OCRv5_mobile_rec', load_settings({}).ocr)"


@pytest.mark.parametrize("first", [OWN_LANGUAGE, OFFICIAL_LANGUAGE])
def test_paddleocr_comes_without_what_draws_and_forecasts(first: str) -> None:
    """Nothing reads pages with it; whoever imports pandas later gets the real one."""
    code = (
        "import sys; from lib.pipelines.ocr.lean_import import UNUSED, import_paddleocr;"
        f" from lib.pipelines.ocr.official import cached_folder; from lib.settings import load_settings; {first};"
        " print(sorted(UNUSED & sys.modules.keys()), sys.modules['paddleocr'].TextDetection.__name__);"
        " import pandas; print(pandas.Series([1, 2]).sum())"
    )

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.splitlines() == ["[] TextDetection", "3"]


def test_first_client_who_asks_for_details_waits_for_no_tables() -> None:
    """They are loaded once the service has started."""
    code = (
        "import asyncio, time; from lib.details.reader import read_details;"
        " from lib.pipelines.wiring import WARM_UP, load_the_rest;"
        " start = time.process_time(); asyncio.run(load_the_rest()); loaded = time.process_time();"
        " read_details(WARM_UP, fields=(), extras=()); print((time.process_time() - loaded) / (loaded - start))"
    )

    share = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert float(share) < 0.2
