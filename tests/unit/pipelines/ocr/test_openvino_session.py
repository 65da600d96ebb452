"""OpenVINO's sessions, as the threads of a service use them."""

import subprocess
import sys

import pytest

pytest.importorskip("openvino")

TWO_FIRST_RUNS = """
import builtins, threading, time
from pathlib import Path
import numpy as np
from lib.pipelines.ocr.openvino_session import openvino_models
from lib.pipelines.ocr.weights import package_folder

plain_import = builtins.__import__

def slow_import(name, *args, **options):
    if "multiarray" in name:
        time.sleep(1)
    return plain_import(name, *args, **options)

builtins.__import__ = slow_import
path = package_folder("rapidocr") / "models" / "PP-OCRv6_det_small.onnx"
models = openvino_models(threads=1, engines=2)
image = np.zeros((1, 3, 64, 64), np.float32)
together = threading.Barrier(2)
models.begin(path, reads_lines=True)

def run():
    session = models.session(path)
    together.wait()
    session.run(["fetch_name_0"], {"x": image})

threads = [threading.Thread(target=run) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("both ran")
"""


def test_two_first_runs_at_the_same_time_end() -> None:
    """The binding looks numpy up before, in one thread: at its first array two threads would wait for each other."""
    done = subprocess.run(
        [sys.executable, "-c", TWO_FIRST_RUNS], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "both ran\n", done.stderr
