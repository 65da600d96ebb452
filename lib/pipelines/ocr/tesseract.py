"""Tesseract as a second recognizer: which scripts it has data for here, and processes that read strips with it.

In: strips of pixels. Out: `Reading`s. Tesseract itself is loaded in processes of their own (`tesseract_process.py`),
which may crash, hang or grow: each is given so long and so much memory, and is ended and started anew beyond that.
Imports cv2 inside a function.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from loguru import logger

from lib.document import PageImage
from lib.errors import DeadlineExceeded
from lib.pipelines.ocr.page_budget import LINES_AT_ONCE
from lib.pipelines.ocr.readings import Reading
from lib.pipelines.ocr.scripts import SCRIPTS, Script
from lib.settings import environment_for_tesseract
from lib.telemetry import current_request

PROGRAM = Path(__file__).with_name("tesseract_process.py")

FOLDERS = (
    f"{sys.prefix}/share/tessdata",
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
)
"""Where `make` puts what it fetches, then where Debian, Ubuntu, Fedora and sources install Tesseract's data."""

HEIGHT = 48
"""Pixels that a strip is scaled to; its letters are then about as high as those Tesseract was trained with (30)."""

BORDER = 10
"""Pixels around a strip: Tesseract misses letters that touch the edge."""

MOST_WIDTH = 6_000
"""Pixels of a strip. A line that is longer than 125 times its height is none."""

START_S, LINE_S = 60.0, 3.0
"""Seconds for a process to start and load its data, which takes one, and for a line, which takes 0.03, on a busy
machine."""

IDLE_S = 5.0
"""Seconds after which an idle process ends: the pages of one document follow each other within fewer. It holds 0.08 GB,
with all scripts 0.17, and few pages need one; a new one takes half a second of a processor, with all scripts 1.6."""

MEMORY_MB, MEMORY_KEPT_MB = 1024, 600
"""Megabytes: what a process may take, and from which on it is not used again. All scripts together take 220."""


@cache
def tesseract_in(folder: str) -> "Tesseract":
    """The one that all engines of this process share.

    Args:
        folder: Of Tesseract's data; empty: wherever it is usually found.
    """
    return Tesseract((folder,) if folder else FOLDERS)


class Tesseract:
    """Reads strips in any script whose data is here. Threads may share it; each has a process while it reads."""

    def __init__(self, folders: Iterable[str] = FOLDERS) -> None:
        """Look for data; no process is started yet.

        Args:
            folders: Where to look, the first one first.
        """
        self._data = {script.name: found for script in SCRIPTS if (found := _find(script, folders))}
        self._idle = _IdleProcesses()
        weakref.finalize(self, self._idle.end)

    def can_read(self, script: Script) -> bool:
        """Whether its data is here."""
        return script.name in self._data and find_spec("tesserocr") is not None

    def read(self, script: Script, strips: Sequence[PageImage]) -> list[Reading]:
        """What each strip says; nothing, without confidence, where Tesseract broke or took too long.

        Raises:
            DeadlineExceeded: The request is over, and nobody waits for the page.
        """
        readings: list[Reading] = []
        for first in range(0, len(strips), LINES_AT_ONCE):
            if current_request().remaining_s <= 0:
                raise DeadlineExceeded("The request's deadline passed; send fewer pages, or raise REQUEST_TIMEOUT_S.")
            readings += self._read_some(script, strips[first : first + LINES_AT_ONCE])
        return readings

    def _read_some(self, script: Script, strips: Sequence[PageImage]) -> list[Reading]:
        folder, data = self._data[script.name]
        grays = [_prepared(strip) for strip in strips]
        sizes = [(gray.shape[1], gray.shape[0]) for gray in grays]
        job = json.dumps({"folder": folder, "data": data, "strips": sizes}).encode()
        try:
            answer = self._ask(job, b"".join(gray.tobytes() for gray in grays), timeout_s=START_S + LINE_S * len(grays))
            return [Reading(str(text), float(confidence)) for text, confidence in answer["lines"]]
        except (OSError, EOFError, TimeoutError, ValueError) as exc:
            logger.error("Tesseract failed on {} lines in {} script ({})", len(grays), script.name, type(exc).__name__)
            return [Reading("", 0.0)] * len(grays)

    def _ask(self, job: bytes, pixels: bytes, *, timeout_s: float) -> dict[str, Any]:
        """An idle process's answer, or a new one's.

        Raises:
            OSError: None starts, or it ended, or took too long, while it was told.
            EOFError: It ended before it answered.
            TimeoutError: It took too long.
            ValueError: It answered nonsense.
        """
        process = self._idle.take() or _Process()
        try:
            answer = process.ask(job, pixels, timeout_s=timeout_s)
        except BaseException:
            process.end()
            raise
        if answer["memory_mb"] > MEMORY_KEPT_MB:
            process.end()
        else:
            self._idle.keep(process)
        return answer


class _Process:
    """One process with Tesseract in it, and the connection to it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            fd = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(PROGRAM), str(fd), str(MEMORY_MB)],
                pass_fds=[fd],
                env=environment_for_tesseract(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = Connection(os.dup(self._socket.fileno()))

    @property
    def is_alive(self) -> bool:
        """Whether nobody has ended it, such as the kernel for its memory."""
        return self._process.poll() is None

    def ask(self, job: bytes, pixels: bytes, *, timeout_s: float) -> dict[str, Any]:
        """See `Tesseract._ask`."""
        ends = time.monotonic() + timeout_s
        # Pixels of a few lines fill the socket: whoever sends them waits for a process that may take them never.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(timeout_s))
        self._connection.send_bytes(job)
        self._connection.send_bytes(pixels)
        if not self._connection.poll(max(0.0, ends - time.monotonic())):
            raise TimeoutError
        answer: dict[str, Any] = json.loads(self._connection.recv_bytes())
        return answer

    def end(self) -> None:
        """End it, whatever it does."""
        self._connection.close()
        self._socket.close()
        self._process.kill()
        self._process.wait()


class _IdleProcesses:
    """Processes that wait for their next lines, for IDLE_S at most. One that is taken out is the taker's alone."""

    def __init__(self) -> None:
        self._timers: dict[_Process, threading.Timer] = {}
        self._lock = threading.RLock()  # The garbage collector may call `end` in whatever thread holds it.

    def take(self) -> _Process | None:
        """The one that was used last and is still alive; the others may then end."""
        while process := self._take_any():
            if process.is_alive:
                return process
            process.end()
        return None

    def _take_any(self) -> _Process | None:
        """The one that was used last."""
        with self._lock:
            process, timer = self._timers.popitem() if self._timers else (None, None)
        if timer:
            timer.cancel()
        return process

    def keep(self, process: _Process) -> None:
        """Have one wait."""
        timer = threading.Timer(IDLE_S, self._end_if_idle, (process,))
        timer.daemon = True
        with self._lock:
            self._timers[process] = timer
        timer.start()

    def end(self) -> None:
        """End them all."""
        while process := self._take_any():
            process.end()

    def _end_if_idle(self, process: _Process) -> None:
        with self._lock:
            is_idle = self._timers.pop(process, None)
        if is_idle:
            process.end()


def _timeval(seconds: float) -> bytes:
    """As the kernel takes it. Source: socket(7), SO_SNDTIMEO."""
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))


def _find(script: Script, folders: Iterable[str]) -> tuple[str, str] | None:
    """The first folder with the script's own data, and what Tesseract is to load from there."""
    for folder in folders:
        for prefix in ("", "script/"):  # Where Fedora and the sources keep data of scripts, beside that of languages.
            if Path(folder, f"{prefix}{script.data[0]}.traineddata").is_file():
                others = (name for name in script.data[1:] if Path(folder, f"{name}.traineddata").is_file())
                return folder, "+".join((prefix + script.data[0], *others))
    return None


def _prepared(strip: PageImage) -> PageImage:
    """A strip as Tesseract reads best: gray, (h, w) uint8, of one height, with a border."""
    import cv2

    gray = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY)
    height, width = gray.shape
    scaled = max(1, min(MOST_WIDTH, round(width * HEIGHT / height)))
    how = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    resized = cv2.resize(gray, (scaled, HEIGHT), interpolation=how)
    paper = float(np.median(np.concatenate([resized[0], resized[-1]])))
    return np.pad(resized, BORDER, constant_values=round(paper))
