"""Where a file waits until a worker reads it: in Redis while it is small, else in a folder that all machines share.

In: bytes. Out: the same bytes, on another machine. A client's file name is never used. Another place, such as an
object store, is one more class with the three methods of `UploadStore`.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from redis import Redis

from lib.errors import QueueUnavailable, UploadTooLarge
from lib.jobs.records import FileId
from lib.jobs.transitions import PREFIX
from lib.settings import JobsSettings

YOUNG_S = 3600
"""A file of the folder that no job knows may belong to a request that is still arriving, but not for longer."""


class UploadStore(Protocol):
    """Keeps uploads between the request that brings them and the worker that reads them."""

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file."""

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is not here."""

    def delete(self, file: FileId) -> None:
        """Forget a file, whether it is here or not."""


class RedisUploads:
    """Small files, in the memory of Redis."""

    def __init__(self, redis: Redis, *, keep_s: int) -> None:
        """Take a client, and after how many seconds a file is forgotten in any case."""
        self._redis = redis
        self._keep_s = keep_s

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file."""
        self._redis.set(self._key(file), content, ex=self._keep_s)

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is not here."""
        return cast("bytes | None", self._redis.get(self._key(file)))

    def delete(self, file: FileId) -> None:
        """Forget a file."""
        self._redis.delete(self._key(file))

    @staticmethod
    def _key(file: FileId) -> str:
        return f"{PREFIX}upload:{file}"


class FolderUploads:
    """Files of any size, in a folder that the API and every worker mount."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made when it is needed first."""
        self._folder = folder

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file; whoever reads it finds it whole or not at all.

        Raises:
            QueueUnavailable: The folder cannot be written.
        """
        part: Path | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as writing:
                part = Path(writing.name)
                writing.write(content)
                writing.flush()
                os.fsync(writing.fileno())
            part.replace(self._path(file))
        except OSError as exc:
            if part:  # Where the disk is full, half a file must not keep it so.
                part.unlink(missing_ok=True)
            reason = f"The folder for uploads (JOB_UPLOAD_DIR) cannot be written: {exc.strerror}."
            raise QueueUnavailable(f"{reason} Try again later.") from exc

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is not here, or another user's alone."""
        try:
            return self._path(file).read_bytes()
        except (FileNotFoundError, PermissionError):
            return None

    def delete(self, file: FileId) -> None:
        """Forget a file."""
        self._path(file).unlink(missing_ok=True)

    def purge(self, *, is_kept: Callable[[str], bool]) -> int:
        """Remove files of jobs that are gone, and what a request left that broke off.

        Args:
            is_kept: Whether there is a job of this id.

        Returns:
            How many.
        """
        if not self._folder.is_dir():
            return 0
        gone = [path for path in self._folder.iterdir() if _is_old(path) and not _belongs(path.name, is_kept)]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _path(self, file: FileId) -> Path:
        return self._folder / str(file)


def _is_old(path: Path) -> bool:
    try:
        return path.is_file() and time.time() - path.stat().st_mtime > YOUNG_S
    except FileNotFoundError:  # A worker was faster.
        return False


def _belongs(name: str, is_kept: Callable[[str], bool]) -> bool:
    try:
        return is_kept(FileId.parse(name).job_id)
    except ValueError:
        return not name.startswith("tmp")  # Whose it is, the operator knows.


class Uploads:
    """Small files in Redis, the others in the folder."""

    def __init__(self, redis: Redis, *, settings: JobsSettings) -> None:
        """Take both places."""
        self._inline_max_bytes = int(settings.inline_max_mb * 2**20)
        self._inline: UploadStore = RedisUploads(redis, keep_s=KEEP_S + settings.result_ttl_s)
        self.folder = FolderUploads(Path(settings.upload_dir)) if settings.upload_dir else None

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file.

        Raises:
            UploadTooLarge: It is too large for Redis, and there is no folder.
        """
        if len(content) <= self._inline_max_bytes:
            self._inline.put(file, content)
        elif self.folder:
            self.folder.put(file, content)
        else:
            raise UploadTooLarge(
                f"A file has {len(content) / 2**20:.1f} MB; this service queues files up to"
                f" {self._inline_max_bytes / 2**20:g} MB (JOB_INLINE_MAX_MB), larger ones only with JOB_UPLOAD_DIR set."
                " Send it to /v1/extract, or set that on the server."
            )

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is gone."""
        content = self._inline.get(file)
        return self.folder.get(file) if content is None and self.folder else content

    def delete(self, file: FileId) -> None:
        """Forget a file."""
        self._inline.delete(file)
        if self.folder:
            self.folder.delete(file)


KEEP_S = 30 * 86400
"""What nobody has read after a month in Redis is read no more."""
