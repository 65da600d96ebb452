"""Start the service, post one file, print the answer's JSON on stdout, stop the service: `make extract FILE=path`.

Stdout carries the JSON alone; stderr says what is happening. Exit codes: 0 answered, 1 refused by the service,
2 no such file, 3 the service did not start.
"""

import json
import sys
from pathlib import Path

import httpx

from scripts.local_service import NotStarted, local_service

REQUEST_LIMIT_S = 180


def main() -> int:
    """Run the script."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and one file
        return _say("usage: python -m scripts.extract_once FILE", 2)
    path = Path(sys.argv[1])
    if not path.is_file():
        return _say(f"{path} is not a file.", 2)
    _say("Starting the service (a few seconds) ...")
    try:
        with local_service() as url:
            return _extract(path, url)
    except NotStarted as exc:
        return _say(f"The service did not start; its log:\n{exc}", 3)


def _extract(path: Path, url: str) -> int:
    _say(f"Reading {path.name} ...")
    with path.open("rb") as file:
        answer = httpx.post(f"{url}/v1/extract", files={"file": (path.name, file)}, timeout=REQUEST_LIMIT_S)
    print(json.dumps(answer.json(), indent=2, ensure_ascii=False))
    return 0 if answer.is_success else 1


def _say(message: str, code: int = 0) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
