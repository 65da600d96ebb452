"""Page image -> spans, by PaddleOCR on the CPU.

In: BGR pixels of a page. Out: the lines on it, and by how much it had to be turned. `engine` has the models, `auto`
says what runs them, `weights` which they are, `descriptions` what PaddleOCR wants beside them, `official` whether those
without a folder can be had, `shared_models` loads them once for all engines, `onnx_session` and `openvino_session`
run them; `latin_head` and `onnx_file` cut
the recognizer to Latin script, `recognizer` reads lines with it, `shared_lines` by several engines; `cascade` has a
tiny recognizer read them first, whose weights `tiny` finds; `vnni` says where 8 bits are better, and `eight_bits` makes
the weights for it;
`search_size` says how large a page must be to find its lines, `page` reads a page with them, `lines` cuts it up;
`missing_letters` and `second_reading` find out that a page is in another script, and which, and have it read by
`official_reader` or `tesseract` (`scripts` says what they take, `two_texts` what counts of both, `readings` the nouns);
`languages` says which models a language takes, `stock` which engines are in memory; `pool` shares them out among
requests. paddleocr, onnxruntime, openvino and cv2 are imported only when an engine is loaded.
"""

from lib.pipelines.ocr.engine import OcrEngine, PaddleEngine, load_engines
from lib.pipelines.ocr.pool import OcrPool

__all__ = ["OcrEngine", "OcrPool", "PaddleEngine", "load_engines"]
