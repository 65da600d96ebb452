"""PaddleX's OCR pipeline as it serves it itself."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lib.pipelines.ocr.weights import find_weights
from lib.settings import OcrSettings
from scripts.benchmarking.environments import HEADLESS, environment
from scripts.benchmarking.inside import whole_alphabet
from scripts.benchmarking.peer_servers import peer_server
from scripts.benchmarking.peer_spans import paddlex_spans
from scripts.benchmarking.served import Served
from scripts.local_service import free_port

PACKAGES = ("paddlex[ocr-core,serving]==3.7.2", "onnxruntime==1.32.0", "opencv-contrib-python==4.10.0.84")
PADDLEX_SERVER = "PaddleX, serving"


@contextmanager
def paddlex_server(*, clients: int, settings: OcrSettings, environ: Mapping[str, str]) -> Iterator[Served]:
    """PaddleX's server.

    Its own choice of models has to be downloaded from a hub; it is given the weights that we use, which it takes.

    Raises:
        PeerMissing: It cannot be installed or does not start.
    """
    program = environment("paddlex", PACKAGES, HEADLESS, environ=environ) / "bin/paddlex"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="paddlex-") as folder:
        pipeline = Path(folder, "OCR.yaml")
        pipeline.write_text(json.dumps(_pipeline(settings, Path(folder, "models"))), encoding="utf-8")
        command = [str(program), "--serve", "--pipeline", str(pipeline), "--engine", "onnxruntime", "--device", "cpu"]
        with peer_server(
            PADDLEX_SERVER,
            "`paddlex --serve` 3.7 with the weights we use (its own are on a hub), no drawings",
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            port=port,
            clients=clients,
            environ=environ,
            wire="paddlex",
            lines_in=paddlex_spans,
        ) as served:
            yield served


def _pipeline(settings: OcrSettings, folder: Path) -> dict[str, object]:
    """PaddleX's own OCR.yaml, with folders for models and without the parts whose models only a hub has."""
    weights = find_weights(whole_alphabet(settings), folder)
    detection = {
        "module_name": "text_detection",
        "model_name": weights.detection.name,
        "model_dir": str(weights.detection.folder),
        "limit_side_len": 64,
        "limit_type": "min",
        "max_side_limit": 4000,
        "thresh": 0.3,
        "box_thresh": 0.6,
        "unclip_ratio": 1.5,
    }
    recognition = {
        "module_name": "text_recognition",
        "model_name": weights.recognition.name,
        "model_dir": str(weights.recognition.folder),
        "batch_size": 6,
        "score_thresh": 0.0,
    }
    return {
        "pipeline_name": "OCR",
        "text_type": "general",
        "use_doc_preprocessor": False,
        "use_textline_orientation": False,
        "SubModules": {"TextDetection": detection, "TextRecognition": recognition},
    }
