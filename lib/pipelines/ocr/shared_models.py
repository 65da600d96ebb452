"""Models in memory once, for all engines that are loaded together.

In: paths of ONNX models, and how a library loads one. Out: what runs them in the place of PaddleX's own sessions, which
would hold the weights of each engine apart. They are loaded in threads, beside whatever else the start takes.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

from lib.computing import give_way

LOADED_AT_ONCE: Final = 2
"""Models, one of which takes a third of a second."""


class Load(Protocol):
    """Loads a model with a library; may raise what that raises."""

    def __call__(self, path: Path, /, *, reads_lines: bool) -> Any:  # noqa: ANN401 - the libraries have no common type
        """The loaded model.

        Args:
            path: Of the ONNX file, which may go afterwards.
            reads_lines: Whether it is a recognizer.
        """


class SharedModels:
    """Models, each loaded once."""

    def __init__(self, load: Load, session: Callable[[Any], Any] = lambda loaded: loaded) -> None:
        """Nothing is loaded yet.

        Args:
            load: By a library.
            session: From a loaded model to what one engine runs it by, where that is not the model itself.
        """
        self._load, self._session = load, session
        self._loaded: dict[Path, Future[Any]] = {}
        self._executor = ThreadPoolExecutor(LOADED_AT_ONCE, "ocr-model", initializer=give_way)

    def begin(self, path: Path, *, reads_lines: bool = False) -> "Future[Any]":
        """Begin to load a model, where nobody has; `reads_lines`: a recognizer."""
        if path not in self._loaded:
            self._loaded[path] = self._executor.submit(self._load, path, reads_lines=reads_lines)
        return self._loaded[path]

    def session(self, path: Path, *, reads_lines: bool = False) -> Any:  # noqa: ANN401 - see `Load`
        """What answers as an onnxruntime session does, for one engine; raises what loading the model raised."""
        return self._session(self.begin(path, reads_lines=reads_lines).result())

    def close(self) -> None:
        """End the threads that load, once they have done so; what they loaded stays."""
        self._executor.shutdown(cancel_futures=True)
