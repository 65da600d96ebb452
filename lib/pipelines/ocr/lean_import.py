"""PaddleOCR without what only training and time series need of it.

In: nothing. Out: paddleocr, imported. PaddleX imports all of its parts at once, among them those that plot data sets
and forecast: they bring matplotlib and pandas along, two fifths of the time of the import and 50 MB. PaddleOCR imports
its client of a service in the cloud, with aiohttp, a fifth of what is left. Stand-ins take their places while it is
imported, and nothing reads pages with them.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

UNUSED: Final = frozenset({"matplotlib", "mpl_toolkits", "pandas", "paddleocr._api_client"})
"""Packages that PaddleX and PaddleOCR import and that no model which reads pages uses."""


def import_paddleocr() -> None:
    """Import it, once in a process; whoever else wants the real packages gets them afterwards."""
    if "paddleocr" in sys.modules:
        return
    with _stood_in_for(UNUSED - sys.modules.keys()):
        import paddleocr  # noqa: F401 - heavy


class _Nothing:
    """What a stand-in has under every name: it may be called when its module is imported, and gives itself."""

    def __getattr__(self, name: str) -> "_Nothing":
        return self

    def __call__(self, *_: object, **__: object) -> "_Nothing":
        return self


_NOTHING: Final = _Nothing()


class _StandIn(ModuleType):
    """A package, and each module in it, that has every name."""

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__"):
            raise AttributeError(name)
        return _NOTHING


class _StandIns(MetaPathFinder, Loader):
    """Finds stand-ins where packages are looked for."""

    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def is_of(self, name: str) -> bool:
        return any(name == package or name.startswith(f"{package}.") for package in self._packages)

    def find_spec(self, fullname: str, _: Sequence[str] | None, __: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if self.is_of(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


@contextmanager
def _stood_in_for(packages: frozenset[str]) -> Iterator[None]:
    """Let stand-ins be found in this block; other threads may import whatever is none of these packages meanwhile.

    They walk along the list of finders while they do: it is replaced, never changed. And they add modules to
    `sys.modules`, whose names are copied at one stroke.
    """
    stand_ins = _StandIns(packages)
    sys.meta_path = [stand_ins, *sys.meta_path]
    try:
        yield
    finally:
        sys.meta_path = [finder for finder in sys.meta_path if finder is not stand_ins]
        for name in filter(stand_ins.is_of, list(sys.modules)):
            del sys.modules[name]
