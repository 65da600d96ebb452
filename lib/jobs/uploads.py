"""Where a file waits until a worker reads it: in Redis while it is small, else in a folder that all machines share.

In: bytes. Out: the same bytes, on another machine. A client's file name is never used. Another place, such as an
object store, is one more class with the three methods of `UploadStore`.
"""

import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, cast

from redis import Redis

from lib.errors import Overloaded, QueueUnavailable, UploadTooLarge
from lib.jobs.records import FileId
from lib.jobs.scripts import PREFIX, Scripts
from lib.settings import JobsSettings

YOUNG_S = 3600
"""A file that no job knows may belong to a request that is still arriving, but not for longer."""

SHARE_OF_REDIS = 0.5
"""Of its maxmemory, for files that wait; the rest is for jobs and results, which nobody else has room for."""

LOOK_S = 10.0
"""Between two looks at the maxmemory, which may be changed while Redis runs."""

KEEP: Final = """
local file, content, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known = number(redis.call('HGET', P .. 'upload_sizes', file))
local bytes = number(redis.call('GET', P .. 'upload_bytes')) - known + #content
if bytes > most then return 0 end
redis.call('SET', P .. 'upload:' .. file, content, 'EX', ARGV[4])
redis.call('HSET', P .. 'upload_sizes', file, #content)
redis.call('SET', P .. 'upload_bytes', string.format('%.0f', bytes))
return 1
"""
"""file, content, most bytes of all, seconds until it is forgotten unless its job is taken -> whether it is kept."""

DROP: Final = "allow_oom() drop_upload(ARGV[1])"
"""file."""

RECOUNT: Final = """
allow_oom()
local sizes, bytes = redis.call('HGETALL', P .. 'upload_sizes'), 0
for place = 1, #sizes, 2 do
  if redis.call('EXISTS', P .. 'upload:' .. sizes[place]) == 1 then
    bytes = bytes + number(sizes[place + 1])
  else
    redis.call('HDEL', P .. 'upload_sizes', sizes[place])
  end
end
redis.call('SET', P .. 'upload_bytes', string.format('%.0f', bytes))
"""
"""-> files that have expired are not counted any more."""


class UploadStore(Protocol):
    """Keeps uploads between the request that brings them and the worker that reads them."""

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file."""

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is not here."""

    def delete(self, file: FileId) -> None:
        """Forget a file, whether it is here or not."""


class RedisUploads:
    """Small files, in the memory of Redis, up to so many bytes of all together."""

    def __init__(self, redis: Redis, *, max_bytes: float) -> None:
        """Take a client, and how many bytes may wait if Redis is large enough."""
        self._redis = redis
        self._scripts = Scripts(redis, {"KEEP": KEEP, "DROP": DROP, "RECOUNT": RECOUNT})
        self._max_bytes = max_bytes
        self._room = max_bytes
        self._next_look = 0.0

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file; it is forgotten after YOUNG_S unless its job is taken by then.

        Raises:
            Overloaded: There is no room for it now.
        """
        room = self.room()
        if not self._scripts.run("KEEP", str(file), content, room, YOUNG_S):
            raise Overloaded(
                f"{room / 2**20:.1f} MB of files may wait in Redis over all jobs (JOB_MAX_WAITING_MB, and no more than"
                f" {SHARE_OF_REDIS:.0%} of its maxmemory). Send fewer, or later."
            )

    def room(self) -> float:
        """Bytes that all files may take together."""
        if time.monotonic() >= self._next_look:
            memory = cast("dict[str, int]", self._redis.info("memory")).get("maxmemory", 0)
            self._room = min(self._max_bytes, SHARE_OF_REDIS * memory if memory else math.inf)
            self._next_look = time.monotonic() + LOOK_S
        return self._room

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is not here."""
        return cast("bytes | None", self._redis.get(f"{PREFIX}upload:{file}"))

    def delete(self, file: FileId) -> None:
        """Forget a file."""
        self._scripts.run("DROP", str(file))

    def recount(self) -> None:
        """Give back the room of files that have expired."""
        self._scripts.run("RECOUNT")


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
        self.inline = RedisUploads(redis, max_bytes=settings.max_waiting_mb * 2**20)
        self.folder = FolderUploads(Path(settings.upload_dir)) if settings.upload_dir else None

    def put(self, file: FileId, content: bytes) -> None:
        """Keep a file.

        Raises:
            UploadTooLarge: It is too large for Redis, and there is no folder.
            Overloaded: There is no room for it now.
        """
        self._place_for(content).put(file, content)

    def _place_for(self, content: bytes) -> UploadStore:
        if len(content) <= self._inline_max_bytes:
            return self.inline
        if self.folder:
            return self.folder
        raise UploadTooLarge(
            f"A file has {len(content) / 2**20:.1f} MB; this service queues files up to"
            f" {self._inline_max_bytes / 2**20:g} MB (JOB_INLINE_MAX_MB), larger ones only with JOB_UPLOAD_DIR set."
            " Send it to /v1/extract, or set that on the server."
        )

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is gone."""
        content = self.inline.get(file)
        return self.folder.get(file) if content is None and self.folder else content

    def delete(self, file: FileId) -> None:
        """Forget a file."""
        self.inline.delete(file)
        if self.folder:
            self.folder.delete(file)
