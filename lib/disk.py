"""A disk without room, in words.

In: a block that writes files. Out: what it does, or `StorageFull`.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from lib.errors import StorageFull

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def full_disk_is_told() -> Iterator[None]:
    """Run a block.

    Raises:
        StorageFull: There was no room for what it wrote.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno not in NO_ROOM:
            raise
        raise StorageFull(
            "There is no room for the upload in the service's temporary folder (TMPDIR); send it again later."
        ) from exc
