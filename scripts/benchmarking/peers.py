"""Other engines as their users run them, each in an environment of its own.

In: pages as files. Out: contenders that tell what they read on a page as our own spans, so that one reader can be
asked for the fields of all of them; and why others are left out.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from lib.settings import OcrSettings
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.environments import PeerMissing
from scripts.benchmarking.paddlex_peer import PADDLEX_SERVER, paddlex_server
from scripts.benchmarking.rapidocr_peers import (
    RAPIDOCR_LIBRARY,
    RAPIDOCR_PROCESSES,
    RAPIDOCR_SERVER,
    rapidocr_library,
    rapidocr_server,
)
from scripts.benchmarking.rounds import Contender
from scripts.benchmarking.tesseract_peer import TESSERACT, tesseract


def start_peers(
    stack: ExitStack,
    samples: Sequence[Sample],
    *,
    settings: OcrSettings,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> tuple[list[Contender], dict[str, str]]:
    """Everybody else who can be had here, running; and why others cannot.

    Args:
        stack: Stops them.
        samples: All that they will be asked to read.
        settings: Of ours: with how many engines, and with which weights.
        environ: Of their processes.
        say: Told of those that are left out.
    """
    paths = stack.enter_context(_files_of(samples))
    engines, clients = settings.concurrency, 2 * settings.concurrency
    candidates: dict[str, Callable[[], AbstractContextManager[Contender]]] = {
        RAPIDOCR_LIBRARY: partial(rapidocr_library, paths, environ=environ),
        RAPIDOCR_PROCESSES: partial(rapidocr_library, paths, environ=environ, processes=engines),
        RAPIDOCR_SERVER: partial(rapidocr_server, clients=clients, environ=environ),
        PADDLEX_SERVER: partial(paddlex_server, clients=clients, settings=settings, environ=environ),
        TESSERACT: lambda: nullcontext(tesseract(paths, at_once=engines)),
    }
    running: list[Contender] = []
    missing: dict[str, str] = {}
    for name, start in candidates.items():
        try:
            running.append(stack.enter_context(start()))
        except PeerMissing as exc:
            say(f"[yellow]{name} is left out:[/yellow] {exc}")
            missing[name] = str(exc)
    return running, missing


@contextmanager
def _files_of(samples: Sequence[Sample]) -> Iterator[Mapping[str, Path]]:
    """The samples as files, by name, for those who read nothing else."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        paths = {sample.name: Path(folder, sample.name) for sample in samples}
        for sample in samples:
            paths[sample.name].write_bytes(sample.content)
        yield paths
