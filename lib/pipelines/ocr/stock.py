"""The engines in memory: which of them are idle, and which goes where another language needs its room. Pure.

In: names of models. Out: `Place`s. Knows no threads: the event loop alone uses it.
"""

from collections import OrderedDict
from dataclasses import dataclass

from lib.pipelines.ocr.engine import OcrEngine


@dataclass(slots=True)
class Place:
    """Room for one engine; None until somebody has loaded it."""

    models: str
    engine: OcrEngine | None = None


class EngineStock:
    """At most so many engines, of whatever models."""

    def __init__(self, most: int) -> None:
        """Nothing yet.

        Args:
            most: Engines in memory; at least as many as are ever used at the same time.
        """
        self._most = most
        self._count = 0
        self._idle: OrderedDict[str, list[OcrEngine]] = OrderedDict()

    @property
    def count(self) -> int:
        """Engines in memory, those being loaded included."""
        return self._count

    @property
    def idle(self) -> tuple[OcrEngine, ...]:
        """Of each models that have an idle engine in memory, the one that was used last."""
        return tuple(engines[-1] for engines in self._idle.values() if engines)

    def add(self, models: str, engine: OcrEngine) -> None:
        """Keep a new engine."""
        self._count += 1
        self.put_back(Place(models, engine))

    def take(self, models: str) -> Place:
        """An idle engine, or room to load one.

        Where there is none left, the models that were used longest ago give up an idle engine.
        """
        idle = self._idle.setdefault(models, [])
        self._idle.move_to_end(models)
        if idle:
            return Place(models, idle.pop())
        if self._count >= self._most:
            self._drop_one()
        self._count += 1
        return Place(models)

    def take_idle(self, models: str) -> Place | None:
        """An idle engine of these models, if there is one in memory."""
        idle = self._idle.get(models)
        return Place(models, idle.pop()) if idle else None

    def put_back(self, place: Place) -> None:
        """Take an engine back; where there is none, because it could not be loaded, its room."""
        if place.engine is None:
            self._count -= 1
        else:
            self._idle.setdefault(place.models, []).append(place.engine)

    def _drop_one(self) -> None:
        oldest = next(engines for engines in self._idle.values() if engines)
        oldest.pop()
        self._count -= 1
