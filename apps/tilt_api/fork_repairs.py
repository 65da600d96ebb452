"""Faults of the fork that would end the engine for every client, mended in the running process.

In: the imported package, its engine loaded. Out: nothing; each repair that was made is one log line. Every repair says
which fault it mends and looks whether the fault is still there, so that a fork without it is left as it is. Nothing of
the fork's code is here.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from types import ModuleType

from loguru import logger


def repair(package: str) -> None:
    """Mend what has to be mended; call it when the engine is loaded and before it is asked.

    Args:
        package: The fork's name as it was imported, `vllm`.
    """
    for name, mend in REPAIRS.items():
        if mend(package):
            logger.info("repaired the vLLM fork: {}", name)


def _accept_abort_keyword(package: str) -> bool:
    """Let the TILT scheduler take what vLLM's engine hands over when it aborts a request.

    Fault: `LLMEngine.abort_request` calls `abort_seq_group(ids, seq_id_to_seq_group=...)` as of vLLM 0.8; the fork's
    scheduler has no such parameter. The TypeError ends the engine's loop: one client that leaves ends it for everybody.
    The mapping is for requests of several sequences, which TILT has none of.
    """
    scheduler = importlib.import_module(f"{package}.tilt.scheduler").Scheduler
    abort = scheduler.abort_seq_group
    parameters = inspect.signature(abort).parameters.values()
    if any(p.name == "seq_id_to_seq_group" or p.kind is p.VAR_KEYWORD for p in parameters):
        return False

    def abort_seq_group(self: object, request_id: str | Iterable[str], seq_id_to_seq_group: object = None) -> object:
        del seq_id_to_seq_group
        return abort(self, request_id)

    scheduler.abort_seq_group = abort_seq_group
    return True


def _allow_output_without_tokens(package: str) -> bool:
    """Let the model runner end a step in which no sequence was decoded.

    Fault: for such a step the fork's runner makes a `SamplerOutput()`, whose `outputs` has no default. The TypeError
    ends the engine's loop: any document of more than some 4,000 tokens does it when it is alone. `outputs=None` is what
    the engine expects there.
    """
    runner = _loaded(package, "tilt_model_runner")
    if runner is None:  # The engine computes elsewhere, or with another runner.
        return False
    output = runner.SamplerOutput
    if not _raises_type_error(output) or not _calls_without_arguments(runner, "SamplerOutput"):
        return False

    def make(_: type, *args: object, **kwargs: object) -> object:
        return output(*args, **kwargs) if args or kwargs else output(outputs=None)

    # In the runner's module only, and still a class, as annotations need one.
    vars(runner)["SamplerOutput"] = type("SamplerOutput", (), {"__new__": make})
    return True


def _loaded(package: str, stem: str) -> ModuleType | None:
    """The one loaded module of that name, wherever in the package it lies."""
    names = (name for name in list(sys.modules) if name.startswith(f"{package}.") and name.endswith(f".{stem}"))
    return next((sys.modules[name] for name in names), None)


def _raises_type_error(make: Callable[[], object]) -> bool:
    try:
        make()
    except TypeError:
        return True
    return False


def _calls_without_arguments(module: ModuleType, name: str) -> bool:
    """Whether the module's source does; taken for granted where it has none."""
    try:
        source = inspect.getsource(module)
    except OSError:
        return True
    return re.search(rf"\b{name}\(\s*\)", source) is not None


REPAIRS: dict[str, Callable[[str], bool]] = {
    "a request can be aborted (abort_seq_group takes seq_id_to_seq_group)": _accept_abort_keyword,
    "a step without decoded tokens can end (SamplerOutput without outputs)": _allow_output_without_tokens,
}
"""What each repair makes possible, for the log, and the repair."""
