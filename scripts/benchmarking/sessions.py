"""What the models themselves are asked, and what only that costs.

In: a block of code that loads engines. Out: their onnxruntime sessions, and a tape of what those were run on.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a model.

    Attributes:
        session: Which, in the order in which they were made.
        outputs: What was asked for.
        feeds: Its inputs, by name.
    """

    session: int
    outputs: Sequence[str]
    feeds: Mapping[str, NDArray[np.float32]]


@dataclass(slots=True)
class Watched:
    """Sessions made while they were watched.

    Attributes:
        sessions: The real ones.
        tape: What they have been run on since the tape was put in; None: nobody records.
        runs: How often a model was run.
    """

    sessions: list[Any] = field(default_factory=list)
    tape: list[Call] | None = None
    runs: int = 0

    def recorded(self) -> list[Call]:
        """What is on the tape, which is taken out."""
        tape, self.tape = self.tape, None
        return tape or []


class _WatchedSession:
    """A session that runs as ever, and tells."""

    def __init__(self, session: Any, place: int, watched: Watched) -> None:  # noqa: ANN401 - onnxruntime has no types
        self._session = session
        self._place = place
        self._watched = watched

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)

    def run(self, outputs: Sequence[str], feeds: Mapping[str, NDArray[np.float32]], *options: object) -> object:
        """Run the model; with options it is not run for a page, but to give back memory."""
        self._watched.runs += not options
        if not options and self._watched.tape is not None:
            self._watched.tape.append(Call(self._place, outputs, dict(feeds)))
        return self._session.run(outputs, feeds, *options)


@contextmanager
def watched_sessions() -> Iterator[Watched]:
    """Watch the onnxruntime sessions that are made in this block, for as long as they live."""
    import onnxruntime  # noqa: PLC0415 - heavy

    watched = Watched()
    original = onnxruntime.InferenceSession

    def make(*args: object, **options: object) -> _WatchedSession:
        session = original(*args, **options)
        watched.sessions.append(session)
        return _WatchedSession(session, len(watched.sessions) - 1, watched)

    onnxruntime.InferenceSession = make
    try:
        yield watched
    finally:
        onnxruntime.InferenceSession = original


def replay(calls: Sequence[Call], sessions: Sequence[Any]) -> None:
    """Run the models on what they were run on, and on nothing else."""
    for call in calls:
        sessions[call.session].run(call.outputs, call.feeds)
