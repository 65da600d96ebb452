"""What the grammar found in a line of text once is not looked for again while the same document is read.

In: a pure function of texts. Out: the same function, which within `one_document()` knows what it was asked before. The
reader and the rules ask the same of the same lines; neither knows the other. Nothing outlives the document.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")

_NEVER: Final = object()
_known: ContextVar[dict[object, Any] | None] = ContextVar("known", default=None)


@contextmanager
def one_document() -> Iterator[None]:
    """Remember in this block, and in whatever runs in a copy of its context; forget all of it at the end."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def remembered(function: Callable[P, Result]) -> Callable[P, Result]:
    """A pure function that is asked the same again and again. Its arguments are hashable, its results immutable."""

    @functools.wraps(function)
    def recall(*args: P.args, **options: P.kwargs) -> Result:
        known = _known.get()
        if known is None:
            return function(*args, **options)
        key = (function, args, tuple(options.values())) if options else (function, args)
        found = known.get(key, _NEVER)
        if found is _NEVER:
            found = known[key] = function(*args, **options)
        result: Result = found
        return result

    return recall


def remember(function: Callable[..., Result], *args: object, result: Result) -> None:
    """Note what a remembered function would return, where that has come out by the way."""
    known = _known.get()
    if known is not None:
        known.setdefault((getattr(function, "__wrapped__", None), args), result)
