"""The TILT server: Arctic-TILT on a GPU behind POST /v1/tilt/generate and /v1/chat/completions.

`python -m apps.tilt_api` and `uvicorn apps.tilt_api:app` start it. One process, one engine, one worker; the API process
talks to it over HTTP only, and neither imports the other. docs/tilt-server.md is its manual.
"""

from typing import Any


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as the language defines it
    """`app`, built when the start command asks for it: importing a module of this package starts nothing."""
    if name != "app":
        raise AttributeError(name)
    from apps.tilt_api.launch import build_app  # noqa: PLC0415 - a cycle otherwise, and nothing heavy at import

    return build_app()
