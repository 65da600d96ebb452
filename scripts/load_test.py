"""Put a service under load and say how it bears it: `make load-test [CLIENTS=64] [SECONDS=60] [URL=http://...]`.

    python -m scripts.load_test                                  # a service of its own, the samples and some bad files
    python -m scripts.load_test --url http://127.0.0.1:8000      # one that runs, on this machine
    python -m scripts.load_test --tilt-dies off                  # the TILT server is killed after a third of the time
    python -m scripts.load_test --tilt-dies layout               # the same with TILT_FALLBACK=layout

Figures go to stdout. Exit codes: 0 every request was answered as its document deserves or told when to come again, and
99 of 100 health answers took less than 100 ms; 1 not so; 2 not tested.
"""

import argparse
import ipaddress
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio
import httpx
from anyio import to_process

from scripts.load.figures import Report
from scripts.load.health import watch_health
from scripts.load.tilt_outage import load_with_outage
from scripts.load.traffic import Document, post_for, read_documents
from scripts.local_service import API, NotStarted, local_server

SAMPLES = Path(__file__).parent.parent / "tests" / "samples"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    args = _arguments(argv)
    try:
        lines, problems = _tested(args, read_documents(args.documents))
    except (NotStarted, OSError, ValueError) as exc:
        print(f"Not tested: {exc}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    print("passed" if not problems else f"failed: {'; '.join(problems)}")
    return 1 if problems else 0


def _tested(args: argparse.Namespace, documents: Sequence[Document]) -> tuple[list[str], list[str]]:
    """The report's lines, and which rules were broken."""
    load = partial(under_load, documents=documents, clients=args.clients, seconds=args.seconds, key=args.key)
    if args.tilt_dies:
        return anyio.run(partial(load_with_outage, load, seconds=args.seconds, fallback=args.tilt_dies))
    if args.url:
        report = anyio.run(load, args.url)
        return report.lines(), report.problems
    with local_server(API) as server:
        report = anyio.run(load, server.url)
    return report.lines(), report.problems


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.load_test", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--url", type=_loopback, help="of a running service on this machine; default: one of its own")
    parser.add_argument("--clients", type=int, default=64, help="that post at the same time, default: 64")
    parser.add_argument("--seconds", type=float, default=60, help="default: 60")
    parser.add_argument("--documents", type=Path, default=SAMPLES, help="folder of documents, default: tests/samples")
    parser.add_argument("--key", default="", help="for a service with API_KEYS")
    parser.add_argument("--tilt-dies", choices=["off", "layout"], help="kill the TILT server meanwhile; TILT_FALLBACK")
    args = parser.parse_args(argv)
    if args.url and args.tilt_dies:
        parser.error("--tilt-dies needs a service of its own")
    return args


def _loopback(url: str) -> str:
    """The address, which must be of this machine: a load is no way to treat somebody else's."""
    host = httpx.URL(url).host
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise argparse.ArgumentTypeError(f"{url} is not on this machine")
    return url.rstrip("/")


async def under_load(url: str, *, documents: Sequence[Document], clients: int, seconds: float, key: str = "") -> Report:
    """Post for a time while another process asks for health; then wait for what is under way."""
    health: list[float] = []
    address = httpx.URL(url)

    async def watch() -> None:
        health.extend(await to_process.run_sync(watch_health, address.host, address.port or 80, seconds))

    start = time.monotonic()
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        outcomes = await post_for(seconds, url=url, documents=documents, clients=clients, key=key)
        took_s = time.monotonic() - start
    return Report(outcomes, health, took_s)


if __name__ == "__main__":
    sys.exit(main())
