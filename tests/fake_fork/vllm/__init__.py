"""A stand-in for Snowflake's vLLM fork: the names that the TILT server imports, and how they are documented to behave.

No weights and no GPU: `AsyncLLMEngine` answers with words of the document. Put this folder on sys.path and
`import vllm` finds it. With FAKE_FORK_REPORT set to a path it writes there how it was imported and started.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .engine import async_llm_engine
from .engine.async_llm_engine import AsyncEngineArgs, AsyncLLMEngine, SamplingParams

__all__ = ["AsyncEngineArgs", "AsyncLLMEngine", "SamplingParams"]

_environment = {name: value for name, value in os.environ.items() if name.startswith("VLLM_")}


def _report(arguments: AsyncEngineArgs) -> None:
    if path := os.environ.get("FAKE_FORK_REPORT"):
        said: dict[str, Any] = {"environment_at_import": _environment, "arguments": asdict(arguments)}
        Path(path).write_text(json.dumps(said))


async_llm_engine.on_start.append(_report)
