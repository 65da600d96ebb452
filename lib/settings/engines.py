"""What engines read from the environment by themselves, and from nowhere else.

In: settings. Out: the process's environment as the engines must find it. Called before an engine is imported.
"""

import os
from collections.abc import MutableMapping

from lib.settings.sections import OcrSettings


def prepare_environment_for_ocr(settings: OcrSettings) -> None:
    """Make the environment one that the OCR engines can be imported in; call it before that import.

    They read these variables when they are loaded, and no call sets them. OpenMP's own default is a thread for each
    core. onnxruntime's is to report its use to Microsoft, by a thread of its own and a file in the temporary folder;
    no usage statistics leave a self-hosted service.
    """
    os.environ["OMP_NUM_THREADS"] = str(settings.threads)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def prepare_environment_for_vllm(environ: MutableMapping[str, str] | None = None) -> None:
    """Make the environment one that vllm can be imported in; call it after `load_settings`, before that import.

    vllm reads these variables at import, and no argument takes their place.
    VLLM_PORT is our port and also vllm's own, for its internal rendezvous, which would take the port first. VLLM_USE_V1
    would put an engine without TILT in place of the one with it. TILT's attention exists for xformers only. And no
    usage statistics leave a self-hosted service.

    Args:
        environ: The environment; None: the process's own.
    """
    environ = os.environ if environ is None else environ
    for name in ("VLLM_PORT", "VLLM_USE_V1"):
        environ.pop(name, None)
    environ["VLLM_ATTENTION_BACKEND"] = "XFORMERS"
    environ["VLLM_NO_USAGE_STATS"] = "1"


def environment_for_tesseract() -> dict[str, str]:
    """The environment of a process that Tesseract is loaded in: one thread, as several pages are read at a time."""
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}
