"""Page image -> spans, by PaddleOCR on the CPU.

In: BGR pixels of an upright page. Out: the lines on it. `engine` alone imports paddleocr, onnxruntime and cv2, and only
when an engine is loaded; `weights` says what it loads; `pool` shares engines out among requests.
"""

from lib.pipelines.ocr.engine import OcrEngine, PaddleEngine, load_engines
from lib.pipelines.ocr.pool import OcrPool

__all__ = ["OcrEngine", "OcrPool", "PaddleEngine", "load_engines"]
