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
from typing import Final, Protocol, TypeVar, cast

from redis import Redis

from lib.errors import Overloaded, QueueUnavailable, TooManyRequests, UploadTooLarge
from lib.jobs.records import FileId
from lib.jobs.scripts import PREFIX, Scripts
from lib.settings import JobsSettings

Refusal = TypeVar("Refusal", Overloaded, TooManyRequests)

YOUNG_S = 3600
"""A file that no job knows may belong to a request that is still arriving, but not for longer."""

SHARE_OF_REDIS = 0.5
"""Of its maxmemory, for files that wait; the rest is for jobs and results, which nobody else has room for."""

RETRY_S = 30.0
"""Until a client that has been refused may come again: what waits as jobs is worked off in minutes."""

LOOK_S = 10.0
"""Between two looks at the maxmemory, which may be changed while Redis runs."""

KEEP: Final = """
local file, content, most, owner, most_each = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[5], tonumber(ARGV[6])
local known = size_and_owner(redis.call('HGET', P .. 'upload_sizes', file))
local more = #content - known
if number(redis.call('GET', P .. 'upload_bytes')) + more > most then return 'full' end
if number(redis.call('HGET', P .. 'upload_owners', owner)) + more > most_each then return 'share' end
redis.call('SET', P .. 'upload:' .. file, content, 'EX', ARGV[4])
redis.call('HSET', P .. 'upload_sizes', file, string.format('%.0f', #content) .. ':' .. owner)
count_upload(owner, more)
return ''
"""
"""file, content, most bytes of all, seconds until it is forgotten unless its job is taken, owner, most bytes of its
owner -> nothing, or what is in its way: it would be more than its owner's `share`, or all is `full`."""

DROP: Final = "allow_oom() drop_upload(ARGV[1])"
"""file."""

RECOUNT: Final = """
allow_oom()
local sizes = redis.call('HGETALL', P .. 'upload_sizes')
redis.call('DEL', P .. 'upload_bytes', P .. 'upload_owners')
for place = 1, #sizes, 2 do
  if redis.call('EXISTS', P .. 'upload:' .. sizes[place]) == 1 then
    local size, owner = size_and_owner(sizes[place + 1])
    count_upload(owner, size)
  else
    redis.call('HDEL', P .. 'upload_sizes', sizes[place])
  end
end
"""
"""-> files that have expired are not counted any more."""


def later(refusal: Refusal) -> Refusal:
    """A refusal with what helps against it."""
    refusal.args = (f"{refusal} Send fewer, or later.",)
    refusal.retry_after_s = RETRY_S
    return refusal


class UploadStore(Protocol):
    """Keeps uploads between the request that brings them and the worker that reads them."""

    def put(self, file: FileId, content: bytes, *, owner: str = "") -> None:
        """Keep a file of an owner's."""

    def get(self, file: FileId) -> bytes | None:
        """The file; None where it is not here."""

    def delete(self, file: FileId) -> None:
        """Forget a file, whether it is here or not."""


class RedisUploads:
    """Small files, in the memory of Redis, up to so many bytes of all together and of each owner."""

    def __init__(self, redis: Redis, *, max_bytes: float, share: float = 1.0) -> None:
        """Take a client.

        Args:
            redis: The client.
            max_bytes: That may wait if Redis is large enough.
            share: Of them that one owner may have.
        """
        self._share = share
        self._redis = redis
        self._scripts = Scripts(redis, {"KEEP": KEEP, "DROP": DROP, "RECOUNT": RECOUNT})
        self._max_bytes = max_bytes
        self._room = max_bytes
        self._next_look = 0.0

    def put(self, file: FileId, content: bytes, *, owner: str = "") -> None:
        """Keep a file; it is forgotten after YOUNG_S unless its job is taken by then.

        Raises:
            TooManyRequests: There is no room for it in its owner's share.
            Overloaded: There is no room for it now.
        """
        room = self.room()
        in_the_way = self._scripts.run("KEEP", str(file), content, room, YOUNG_S, owner, self._share * room)
        if in_the_way == b"share":
            most_mb = self._share * room / 2**20
            raise later(TooManyRequests(f"{most_mb:.1f} MB of files of one key may wait (JOB_SHARE_PER_KEY)."))
        if in_the_way:
            limits = f"JOB_MAX_WAITING_MB, and no more than {SHARE_OF_REDIS:.0%} of its maxmemory"
            raise later(Overloaded(f"{room / 2**20:.1f} MB of files may wait in Redis over all jobs ({limits})."))

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

    def put(self, file: FileId, content: bytes, *, owner: str = "") -> None:  # noqa: ARG002 - a disk has no shares
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

    def __init__(self, redis: Redis, *, settings: JobsSettings, share: float = 1.0) -> None:
        """Take both places, and which share of the bytes in Redis one owner may have."""
        self._inline_max_bytes = int(settings.inline_max_mb * 2**20)
        self.inline = RedisUploads(redis, max_bytes=settings.max_waiting_mb * 2**20, share=share)
        self.folder = FolderUploads(Path(settings.upload_dir)) if settings.upload_dir else None

    def put(self, file: FileId, content: bytes, *, owner: str = "") -> None:
        """Keep a file of an owner's.

        Raises:
            UploadTooLarge: It is too large for Redis, and there is no folder.
            TooManyRequests: There is no room for it in its owner's share.
            Overloaded: There is no room for it now.
        """
        self._place_for(content).put(file, content, owner=owner)

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
