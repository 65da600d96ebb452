"""A temporary folder in which a process of its own reads an upload and leaves pixels.

In: the bytes of one upload. Out: a `Workplace`, which calls functions there; nothing is left of it at the end.
"""

import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import numpy as np
from anyio import to_thread

from lib.document import PageImage
from lib.errors import StartupError
from lib.pipelines.pdf.attachments import write_attached_pdf
from lib.pipelines.worker_process import Bounds, run_bounded
from lib.settings import UploadSettings

Args = TypeVarTuple("Args")
Result = TypeVar("Result")

WORKPLACE_PREFIX = "ocrlty-"
"""Of the folders in which a process of its own reads an upload."""

UPLOAD = "upload"
"""What the upload is called there."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a process of its own finds an upload and leaves pixels."""

    folder: Path
    source: Path
    bounds: Bounds
    most_waiting: int

    async def begin(self, function: Callable[[str, *Args], Result], *args: *Args) -> Result:
        """Call a function with the upload's path, the first time; what has begun is not refused later.

        Raises:
            Overloaded: Too many wait to begin.
        """
        return await run_bounded(function, str(self.source), *args, bounds=self.bounds, most_waiting=self.most_waiting)

    async def run(self, function: Callable[[str, *Args], Result], *args: *Args) -> Result:
        """Call a function with the upload's path."""
        return await run_bounded(function, str(self.source), *args, bounds=self.bounds)

    async def pixels(self, function: Callable[[str, str, *Args], tuple[int, int, int]], *args: *Args) -> PageImage:
        """Call a function with the upload's path and one for the pixels, whose shape it returns."""
        target = self.folder / f"{uuid.uuid4().hex}.bgr"
        shape = await run_bounded(function, str(self.source), str(target), *args, bounds=self.bounds)
        return await to_thread.run_sync(_take_pixels, target, shape)

    async def take_attached_pdf(self, max_bytes: int) -> int:
        """Put the first PDF that the upload carries in its place, where there is one; how many it carries."""
        target = self.folder / "attached"
        carried = await run_bounded(write_attached_pdf, str(self.source), str(target), max_bytes, bounds=self.bounds)
        if carried:
            target.replace(self.source)
        return carried


def require_workplace() -> None:
    """Make sure that there is a temporary folder: every PDF goes through one.

    Raises:
        StartupError: None can be written.
    """
    try:
        tempfile.TemporaryDirectory(prefix=WORKPLACE_PREFIX).cleanup()
    except OSError as exc:
        raise StartupError(
            f"There is no temporary folder to write PDFs into: {exc.strerror}. Set TMPDIR to one, or make room there."
        ) from exc


@asynccontextmanager
async def workplace_of(content: bytes, settings: UploadSettings) -> AsyncIterator[Workplace]:
    """A folder with the upload in it, as long as the block lasts."""
    folder = await to_thread.run_sync(_make_workplace, content)
    try:
        source = Path(folder.name, UPLOAD)
        bounds = Bounds(settings.pdf_timeout_s, settings.pdf_memory_mb)
        yield Workplace(Path(folder.name), source, bounds, settings.pdf_queue)
    finally:
        folder.cleanup()


def _make_workplace(content: bytes) -> tempfile.TemporaryDirectory[str]:
    """A folder with the upload in it; none is left where the disk is full."""
    folder = tempfile.TemporaryDirectory(prefix=WORKPLACE_PREFIX)
    try:
        Path(folder.name, UPLOAD).write_bytes(content)
    except OSError:
        folder.cleanup()
        raise
    return folder


def _take_pixels(path: Path, shape: tuple[int, int, int]) -> PageImage:
    pixels = np.fromfile(path, np.uint8).reshape(shape)
    path.unlink()
    return pixels
