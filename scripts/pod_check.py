"""What of a deployed service answers: `make pod-check URL=https://pod-8000.proxy.runpod.net [API_KEY=...]`.

Prints one line for each check. The key comes from the variable API_KEY or, on the pod itself, is the first of API_KEYS.
Exit codes: 0 everything answers, 1 something does not.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

SAMPLE = Path(__file__).parents[1] / "tests" / "samples" / "receipt-usd.jpg"
LIMIT_S = 120

Check = Callable[[httpx.Client], str]


class Failed(Exception):
    """A check that does not hold; the message says what came instead."""


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the service, without a path")
    url = parser.parse_args().url.rstrip("/")
    key = os.environ.get("API_KEY") or os.environ.get("API_KEYS", "").split(",")[0].strip()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=url, headers=headers, timeout=LIMIT_S) as client:
        lines = list(checked(client))
    print("\n".join(line for _, line in lines))
    return 0 if all(good for good, _ in lines) else 1


def checked(client: httpx.Client) -> Iterator[tuple[bool, str]]:
    """Whether each check holds, and its line."""
    for name, check in CHECKS.items():
        begun = time.monotonic()
        try:
            good, said = True, check(client)
        except (Failed, httpx.HTTPError, httpx.InvalidURL) as exc:
            good, said = False, str(exc) or type(exc).__name__
        yield good, f"{'ok  ' if good else 'FAIL'}  {name:<12} {1000 * (time.monotonic() - begun):6.0f} ms  {said}"


def _get(client: httpx.Client, path: str) -> httpx.Response:
    return _successful(client.get(path))


def _successful(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise Failed(f"{answer.request.url.path} answers {answer.status_code}: {answer.text[:200]}")
    return answer


def _alive(client: httpx.Client) -> str:
    _get(client, "/livez")
    return "the process runs"


def _ready(client: httpx.Client) -> str:
    _get(client, "/readyz")
    return "it takes documents"


def _health(client: httpx.Client) -> str:
    health = _json(_get(client, "/v1/health"))
    if health["status"] != "ok":
        raise Failed(f"status {health['status']}")
    return f"version {health['version']}, reader {health['reader']}, OCR {health['ocr']['engine']}"


def _tilt(client: httpx.Client) -> str:
    tilt = _json(_get(client, "/v1/health"))["tilt"]
    if tilt is None:
        raise Failed("no TILT server is configured (VLLM_BASE_URL): the embedded reader answers")
    if not tilt["reachable"]:
        raise Failed(f"unreachable: {tilt['problem']}. {tilt['detail'] or ''}".rstrip())
    return f"{tilt['model']}, breaker {tilt['breaker']}"


def _metrics(client: httpx.Client) -> str:
    names = {line.split("{")[0].split()[0] for line in _get(client, "/metrics").text.splitlines() if line[:1] != "#"}
    ours = [name for name in names if name.startswith("ocrlty_")]
    if not ours:
        raise Failed("/metrics has nothing of ours")
    return f"{len(ours)} of ours"


def _extraction(client: httpx.Client) -> str:
    with SAMPLE.open("rb") as file:
        answer = _json(_successful(client.post("/v1/extract", files={"file": file})))
    truth = json.loads(SAMPLE.with_suffix(".json").read_text(encoding="utf-8"))
    got, wanted = answer["data"]["total"], float(truth["total"])
    if got != wanted:
        raise Failed(f"{SAMPLE.name}: total {got}, not {wanted}")
    return f"{SAMPLE.name}: total {got}, reader {answer['meta']['reader']}"


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        tree: dict[str, Any] = answer.json()
    except ValueError as exc:
        raise Failed(f"{answer.request.url.path} answers no JSON; is this the right address?") from exc
    return tree


CHECKS: dict[str, Check] = {
    "alive": _alive,
    "ready": _ready,
    "health": _health,
    "TILT": _tilt,
    "metrics": _metrics,
    "extraction": _extraction,
}

if __name__ == "__main__":
    sys.exit(main())
