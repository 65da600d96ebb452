"""docs/openapi.json and docs/postman.json, written from the service itself: `make docs`.

In: the app with default settings. Out: both files, byte for byte the same on every machine. A test fails when they
are older than the code.
"""

import json
from typing import Any

from apps.api_gpu.main import create_app
from lib.settings import DEFAULTS, load_settings
from scripts.postman_collection import to_collection

DOCS = DEFAULTS.parents[1] / "docs"


def openapi() -> dict[str, Any]:
    """The service's OpenAPI document, whatever this machine's environment is."""
    return create_app(load_settings({})).openapi()


def exported() -> dict[str, str]:
    """The text of each file by its name."""
    document = openapi()
    return {"openapi.json": _as_text(document), "postman.json": _as_text(to_collection(document))}


def _as_text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files."""
    for name, text in exported().items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
