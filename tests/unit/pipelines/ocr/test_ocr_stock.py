"""lib/pipelines/ocr/stock.py: so many engines in memory and no more; the language used longest ago gives way."""

import pytest

from lib.document import PageImage, Recognition
from lib.pipelines.ocr.stock import EngineStock, Place


class Engine:
    """Reads nothing."""

    def recognize(self, image: PageImage, /) -> Recognition:  # noqa: ARG002
        """Nothing."""
        return Recognition()


def stocked(most: int, *models: str) -> EngineStock:
    """A stock with an idle engine of each of these models."""
    stock = EngineStock(most)
    for name in models:
        stock.add(name, Engine())
    return stock


def use(stock: EngineStock, models: str) -> bool:
    """Take and put back; whether an engine had to be loaded."""
    place = stock.take(models)
    missing = place.engine is None
    place.engine = place.engine or Engine()
    stock.put_back(place)
    return missing


def test_take_of_models_in_memory_loads_nothing() -> None:
    """An idle engine is used again."""
    stock = stocked(2, "latin")

    assert [use(stock, "latin"), use(stock, "latin"), stock.count] == [False, False, 1]


def test_take_of_other_models_while_there_is_room_keeps_all() -> None:
    """Languages take turns without being loaded anew."""
    stock = stocked(2, "latin")

    assert [use(stock, name) for name in ("thai", "latin", "thai")] == [True, False, False]


def test_take_of_other_models_without_room_drops_the_least_recently_used() -> None:
    """The language that was asked for longest ago is the one to be loaded anew."""
    stock = stocked(2, "latin")
    for name in ("thai", "latin", "greek"):
        use(stock, name)

    assert stock.count == 2
    assert [use(stock, name) for name in ("latin", "greek", "thai")] == [False, False, True]


def test_take_while_the_others_are_at_work_drops_an_idle_one() -> None:
    """Whoever reads keeps its engine."""
    stock = stocked(2, "latin", "thai")
    working = stock.take("latin")

    greek = stock.take("greek")

    assert working.engine is not None
    assert (greek.engine, stock.count) == (None, 2)
    stock.put_back(working)
    assert use(stock, "latin") is False


def test_idle_engines_are_the_last_one_used_of_each_models() -> None:
    """Engines of the same models share them, so that one speaks for all."""
    stock = stocked(4, "latin", "latin", "thai", "greek")
    first, second = stock.take("latin"), stock.take("latin")
    stock.put_back(second)
    stock.put_back(first)
    greek = stock.take("greek")

    idle = stock.idle

    assert first.engine in idle
    assert second.engine not in idle
    assert greek.engine not in idle
    assert len(idle) == 2


@pytest.mark.parametrize("times", [1, 5])
def test_put_back_of_what_was_not_loaded_frees_its_room(times: int) -> None:
    """A model that cannot be loaded, again and again, costs nobody's room."""
    stock = stocked(2, "latin")
    for _ in range(times):
        stock.put_back(Place("broken", stock.take("broken").engine))

    assert stock.count == 1
