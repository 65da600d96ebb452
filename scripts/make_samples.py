"""Draws the sample documents anew: `python -m scripts.make_samples [folder]`, default tests/samples.

Writes, for each sample, its file and `<name>.json` with the six fields a reader is to find (null: the document does not
state it), and `manifest.jsonl`, which describes them all to a scorer. Drawing again changes nothing unless a
description, a layout or a pinned library changed. Needs the development tools (`make setup`).
"""

import json
import sys
from pathlib import Path

from scripts.samples.catalog import Sample, file_of, samples

SAMPLES = Path(__file__).parent.parent / "tests" / "samples"


def write_samples(folder: Path) -> None:
    """Writes every sample with its truth, and the manifest, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in samples():
        (folder / sample.path).write_bytes(file_of(sample))
        (folder / f"{sample.name}.json").write_text(truth_of(sample), encoding="utf-8")
    (folder / "manifest.jsonl").write_text(manifest(), encoding="utf-8")


def truth_of(sample: Sample) -> str:
    """The truth file's text."""
    return json.dumps(sample.bill.truth, ensure_ascii=False, indent=2) + "\n"


def manifest() -> str:
    """The manifest's text, one JSON object a line."""
    return "".join(json.dumps(sample.manifest_line(), ensure_ascii=False) + "\n" for sample in samples())


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
