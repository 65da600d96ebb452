"""Which engine answers here: Snowflake's vLLM fork or Arctic-TILT on plain PyTorch.

In: settings and what is installed. Out: the engine, or one sentence about why there is none. Each engine's module is
imported when it is started: neither can be, where the other's environment is installed.
"""

import importlib.util
from typing import Literal

from apps.tilt_api import fork
from apps.tilt_api.engine import EXIT_NO_VLLM, CannotServe, Engine
from lib.settings import Settings

EngineName = Literal["vllm", "torch"]


def engine_name(settings: Settings) -> EngineName:
    """TILT_ENGINE; where it is `auto`, vllm if that is installed."""
    wanted = settings.tilt_server.engine
    if wanted != "auto":
        return wanted
    return "vllm" if _installed("vllm") else "torch"


def check_machine(settings: Settings) -> None:
    """Make sure that the engine can run here, before anything slow is done.

    Raises:
        CannotServe: It cannot.
    """
    if engine_name(settings) == "vllm":
        fork.check_machine()
    elif missing := [name for name in ("torch", "safetensors", "tokenizers") if not _installed(name)]:
        raise CannotServe(
            f"Neither vllm nor {missing[0]} is installed here; install requirements-torch.txt, or the Arctic-TILT "
            f"build of vllm with requirements-gpu.txt."
            if settings.tilt_server.engine == "auto"
            else f"TILT_ENGINE=torch, but {missing[0]} is not installed here; install requirements-torch.txt.",
            exit_code=EXIT_NO_VLLM,
        )


async def start_engine(settings: Settings) -> Engine:
    """Load the model and start the engine.

    Raises:
        CannotServe: Whatever the engine says about why it cannot.
    """
    if engine_name(settings) == "vllm":
        from apps.tilt_api import vllm_engine

        return await vllm_engine.start_engine(settings)
    from apps.tilt_api.arctic_tilt import engine as torch_engine

    return await torch_engine.start_engine(settings)


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
