"""What the corpus of bad input is made of: named files, each with the outcomes that are right for it.

In: nothing. Out: `Case`, and the ways to damage a good file. Every file is made in code when it is needed.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "samples"

OK = "ok"
UNREADABLE = "unreadable_document"
STATUS: Mapping[str, int] = {
    OK: 200,
    UNREADABLE: 400,
    "empty_upload": 400,
    "encrypted_document": 400,
    "upload_too_large": 413,
    "too_many_pages": 413,
    "too_many_pixels": 413,
    "too_many_words": 413,
    "unsupported_media_type": 415,
}
"""By code, as docs/errors.md promises."""


@dataclass(frozen=True, slots=True)
class Case:
    """One bad file.

    Attributes:
        name: Says what is wrong with it.
        make: Makes its bytes.
        codes: The problem code it may get, or OK where it may be read; several where decoders may differ.
        long: Whether it takes more than a second, and others like it are tried already.
    """

    name: str
    make: Callable[[], bytes]
    codes: tuple[str, ...]
    long: bool = False


def sample(name: str) -> bytes:
    """The bytes of a good document."""
    return (SAMPLES / name).read_bytes()


def truncated(name: str) -> Iterator[Case]:
    """A sample cut off after every tenth of it."""
    for tenth in range(1, 10):
        yield Case(f"{name} cut at {tenth}/10", partial(_cut, name, tenth), (UNREADABLE,))


def flipped(name: str, *, seeds: int, short: int = 0) -> Iterator[Case]:
    """A sample with some of its bits flipped; decoders mend some of that, and the rest is unreadable."""
    for seed in range(seeds):
        yield Case(
            f"{name} with {2**seed} bits flipped", partial(_flip, name, seed), (OK, UNREADABLE), long=seed >= short
        )


def _cut(name: str, tenth: int) -> bytes:
    content = sample(name)
    return content[: len(content) * tenth // 10]


def _flip(name: str, seed: int) -> bytes:
    """Flips 2 ** seed bits behind the signature, the same ones every time."""
    content, chance = bytearray(sample(name)), random.Random(seed)  # noqa: S311 - damage, not secrets
    for _ in range(2**seed):
        content[chance.randrange(16, len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)
