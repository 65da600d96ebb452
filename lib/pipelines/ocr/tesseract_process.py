"""Reads strips with Tesseract, in a process of its own that may crash or be ended: `python tesseract_process.py FD MB`.

In: over the connection FD, pairs of messages: a job as JSON, {"folder": where Tesseract's files are, "data":
"Cyrillic+eng", "strips": [[width, height], ...]}, and the strips' gray pixels one after the other. Out: for each pair
{"lines": [[text, confidence 0..1], ...], "memory_mb": of the process} as JSON. Ends with the connection. The only
importer of tesserocr; imports nothing of ours, so that it starts in a blink.
"""

import json
import os
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import tesserocr

LINE, RAW_LINE = 7, 13
"""Tesseract's page segmentation modes: one line of text, and one that is not looked at before it is read."""

DPI = 300
"""That strips are said to have; Tesseract would guess otherwise, and complain."""


def main(fd: int, memory_mb: int) -> None:
    """Answer until the other side is gone.

    Args:
        fd: Of a connected socket.
        memory_mb: Megabytes of address space that reading may take on top of what the process has now.
    """
    _limit(memory_mb)
    readers: dict[tuple[str, str], Any] = {}
    with Connection(fd) as connection:
        while True:
            try:
                job, pixels = json.loads(connection.recv_bytes()), connection.recv_bytes()
            except EOFError:
                return
            answer = {"lines": _read(job, pixels, readers), "memory_mb": _pages(1) >> 20}
            connection.send_bytes(json.dumps(answer).encode())


def _read(job: dict[str, Any], pixels: bytes, readers: dict[tuple[str, str], Any]) -> list[tuple[str, float]]:
    key = job["folder"], job["data"]
    if key not in readers:
        readers[key] = tesserocr.PyTessBaseAPI(path=job["folder"], lang=job["data"], psm=LINE)
    lines, start = [], 0
    for width, height in job["strips"]:
        end = start + width * height
        lines.append(_line(readers[key], pixels[start:end], width, height))
        start = end
    readers[key].Clear()
    return lines


def _line(reader: Any, gray: bytes, width: int, height: int) -> tuple[str, float]:  # noqa: ANN401 - it has no types
    """What one strip says. A line in which Tesseract sees no text is read once more without being searched."""
    for mode in (LINE, RAW_LINE):
        reader.SetPageSegMode(mode)
        reader.SetImageBytes(gray, width, height, 1, width)
        reader.SetSourceResolution(DPI)
        text = reader.GetUTF8Text().strip()
        if text:
            return text, max(0, reader.MeanTextConf()) / 100
    return "", 0.0


def _limit(memory_mb: int) -> None:
    """Let the kernel cap the memory, and leave no core dump behind."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _pages(0) + (memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _pages(column: int) -> int:
    """Bytes of this process: of address space (column 0), or in memory (1). Source: proc(5), /proc/pid/statm."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[column]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
