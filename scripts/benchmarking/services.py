"""Our service in every way that it can be run here: by engine and speed, and as another revision had it.

In: settings, and the checkout of another revision. Out: running services, and why others are left out.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from lib.pipelines.ocr.auto import AUTO, chosen_engine
from scripts.benchmarking.environments import further_packages
from scripts.benchmarking.served import Served, our_service
from scripts.local_service import NotStarted

ONNXRUNTIME, OPENVINO = "OCRlty (onnxruntime)", "OCRlty (openvino)"
ONNXRUNTIME_FAST, OPENVINO_FAST = "OCRlty (onnxruntime, fast)", "OCRlty (openvino, fast)"
BASE = "OCRlty before (onnxruntime)"

BY_ONNXRUNTIME: Mapping[str, str] = {"OCR_ENGINE": "onnxruntime"}
BY_OPENVINO: Mapping[str, str] = {"OCR_ENGINE": "openvino"}
FAST: Mapping[str, str] = {"OCR_SPEED": "fast"}

VARIANTS: Mapping[str, Mapping[str, str]] = {
    ONNXRUNTIME: BY_ONNXRUNTIME,
    OPENVINO: BY_OPENVINO,
    ONNXRUNTIME_FAST: {**BY_ONNXRUNTIME, **FAST},
    OPENVINO_FAST: {**BY_OPENVINO, **FAST},
}

_LOGGED = re.compile(r"ERROR +- (?P<message>.*)")
_LONGEST = 150


@dataclass(slots=True)
class Services:
    """Ours.

    Attributes:
        running: By name.
        missing: Why others do not run.
    """

    running: dict[str, Served] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def default(self) -> Served:
        """The one with the engine that OCR_ENGINE=auto takes here."""
        chosen = OPENVINO if chosen_engine(AUTO).name == "openvino" else ONNXRUNTIME
        return self.running.get(chosen) or self.running[ONNXRUNTIME]


def start_services(stack: ExitStack, *, concurrency: int, base: Path | None, say: Callable[[str], None]) -> Services:
    """Start all that can be had here.

    Args:
        stack: Stops them.
        concurrency: Engines of each.
        base: The checkout of another revision, which runs with this environment's packages and what it needs besides;
            None: there is none.
        say: Told of those that are left out.

    Raises:
        NotStarted: The service with onnxruntime, or the other revision, does not come up.
        PeerMissing: The other revision needs a package that cannot be installed.
    """
    services = Services()
    for name, environ in VARIANTS.items():
        why = unavailable(environ)
        try:
            if why is None:
                served = stack.enter_context(our_service(concurrency=concurrency, environ=environ, name=name))
                services.running[name] = served
        except NotStarted as exc:
            if name == ONNXRUNTIME:
                raise
            why = reason_in(str(exc))
        if why is not None:
            say(f"[yellow]{name} is left out:[/yellow] {why}")
            services.missing[name] = why
    if base is not None:
        services.running[BASE] = stack.enter_context(service_before(base, concurrency=concurrency))
    return services


@contextmanager
def service_before(base: Path, *, concurrency: int) -> Iterator[Served]:
    """The service of another revision.

    Raises:
        NotStarted: It does not come up.
        PeerMissing: It needs a package that cannot be installed.
    """
    environ, packages = dict(BY_ONNXRUNTIME), further_packages(base / "requirements-cpu.txt")
    if packages is not None:
        environ["PYTHONPATH"] = str(packages)
    with our_service(concurrency=concurrency, environ=environ, name=BASE, folder=base) as served:
        served.setup += f", at revision {_revision(base)}"
        yield served


def unavailable(environ: Mapping[str, str]) -> str | None:
    """Why a service with these settings cannot be measured, as far as that is known without starting it."""
    if environ.get("OCR_ENGINE") == "openvino" and find_spec("openvino") is None:
        return "the package openvino is not installed"
    return None


def reason_in(log: str) -> str:
    """The first error in the log of a service that did not start."""
    found = _LOGGED.search(log)
    return found["message"][:_LONGEST] if found else "its service did not start"


def _revision(folder: Path) -> str:
    command: Sequence[str] = ("git", "-C", str(folder), "rev-parse", "--short", "HEAD")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
