"""RapidOCR's library in an environment of its own: runs there and imports nothing of ours.

In: threads as an argument (none: RapidOCR's own choice), a path a line on stdin. Out: a JSON list a line on stdout,
`[text, confidence, corners]` for each line of the page; null where it failed on the page.
"""

import json
import logging
import sys
from typing import Any

if __name__ == "__main__":
    from rapidocr import RapidOCR

    kinds = ("intra", "inter") if len(sys.argv) > 1 else ()
    engine = RapidOCR(params={f"EngineConfig.onnxruntime.{kind}_op_num_threads": int(sys.argv[1]) for kind in kinds})
    logging.disable()
    print("ready", flush=True)
    for path in sys.stdin:
        try:
            found: Any = engine(path.rstrip("\n"))
        except Exception:  # noqa: BLE001 - whatever it fails with on one page, the others are read
            print("null", flush=True)
            continue
        lines = [] if found.boxes is None else zip(found.txts, found.scores, found.boxes.tolist(), strict=True)
        print(json.dumps([[text, float(score), corners] for text, score, corners in lines]), flush=True)
