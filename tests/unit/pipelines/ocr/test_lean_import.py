"""Stand-ins for packages while PaddleOCR is imported, beside imports in other threads."""

import importlib
import sys
from collections.abc import Iterator
from threading import Event, Thread
from types import ModuleType

import pytest

from lib.pipelines.ocr.lean_import import _stood_in_for

PACKAGES = frozenset({"package_that_is_not_installed"})
ROUNDS = 200


@pytest.fixture
def imports_beside() -> Iterator[None]:
    """Another thread that adds and removes modules, as OpenVINO's do while it is imported; switched to often."""
    over, interval = Event(), sys.getswitchinterval()

    def work() -> None:
        while not over.is_set():
            for number in range(100):
                sys.modules[f"module_{number}_of_a_test"] = ModuleType("module")
            for number in range(100):
                del sys.modules[f"module_{number}_of_a_test"]

    thread = Thread(target=work)
    sys.setswitchinterval(1e-6)
    thread.start()
    yield
    over.set()
    thread.join()
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("imports_beside")
def test_other_threads_may_import_meanwhile() -> None:
    """Models are compiled, and tables are loaded, at the same time."""
    for _ in range(ROUNDS):
        with _stood_in_for(PACKAGES):
            part = importlib.import_module("package_that_is_not_installed.part")

        assert part.whatever() is part.anything
        assert not PACKAGES & sys.modules.keys()


def test_list_of_finders_that_another_thread_walks_along_stays_as_it_is() -> None:
    """One that gets shorter under it would have it skip a finder, and find no module."""
    walked = sys.meta_path
    finders = [*walked]

    with _stood_in_for(PACKAGES):
        assert sys.meta_path[1:] == walked == finders

    assert sys.meta_path == walked == finders


def test_part_of_a_package_has_a_stand_in_while_its_other_parts_are_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """And whoever wants the part afterwards gets it."""
    monkeypatch.delitem(sys.modules, "wsgiref.util", raising=False)

    with _stood_in_for(frozenset({"wsgiref.util"})):
        stand_in, other = (importlib.import_module(f"wsgiref.{part}") for part in ("util", "headers"))

    assert stand_in.whatever() is stand_in.anything
    assert not hasattr(other, "whatever")
    assert importlib.import_module("wsgiref.util").FileWrapper
    assert not hasattr(sys.modules["wsgiref.util"], "whatever")
