"""Tesseract's command, as its users call it."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarking.documents import Sample
from scripts.benchmarking.environments import PeerMissing
from scripts.benchmarking.peer_spans import tesseract_spans
from scripts.benchmarking.rounds import Lines, timed

TESSERACT = "Tesseract"


@dataclass(slots=True)
class Tesseract:
    """A page a call, as many calls at once as there are engines of ours.

    Attributes:
        refused: Pages that it failed on.
    """

    program: str
    paths: Mapping[str, Path]
    at_once: int
    name: str = TESSERACT
    refused: int = 0

    @property
    def how(self) -> str:
        """See `Contender`."""
        how = f"`tesseract FILE stdout -l eng tsv`, OMP_THREAD_LIMIT=1, a process a page, {self.at_once} at once"
        return f"{how}; it failed on {self.refused} pages" if self.refused else how

    def read_all(self, samples: Sequence[Sample]) -> Sequence[Lines]:
        """See `Contender`."""
        with ThreadPoolExecutor(self.at_once) as threads:
            return list(threads.map(self._run, samples))

    def latencies_s(self, samples: Sequence[Sample]) -> Sequence[float]:
        """See `Contender`."""
        return timed(self._run, samples)

    def cpu_s(self) -> float:
        """See `Contender`: that of all children that have ended."""
        used = os.times()
        return used.children_user + used.children_system

    def _run(self, sample: Sample) -> Lines:
        command = [self.program, str(self.paths[sample.name]), "stdout", "-l", "eng", "tsv"]
        environ = os.environ | {"OMP_THREAD_LIMIT": "1"}
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", env=environ, check=False
        )
        if done.returncode:
            self.refused += 1
            return ()
        return tesseract_spans(done.stdout)


def tesseract(paths: Mapping[str, Path], *, at_once: int) -> Tesseract:
    """Tesseract, where the machine has it.

    Raises:
        PeerMissing: It has not.
    """
    program = shutil.which("tesseract")
    if program is None:
        raise PeerMissing("not installed here (Debian: apt-get install tesseract-ocr)")
    return Tesseract(program, paths, at_once)
