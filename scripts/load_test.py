"""Put a service under load and say how it bears it: `make load-test [URL=http://127.0.0.1:8000] [CLIENTS=64] [SECONDS=60]`.

    python -m scripts.load_test                                  # a service of its own, the samples as documents
    python -m scripts.load_test --url http://127.0.0.1:8000      # one that runs; only on this machine
    python -m scripts.load_test --kill-tilt off                  # TILT dies after a third of the time and comes back
    python -m scripts.load_test --kill-tilt layout               # the same with TILT_FALLBACK=layout

Figures go to stdout. Exit codes: 0 every request was answered or told when to come again, and 99 of 100 health answers
took less than 100 ms; 1 not so; 2 not tested.
"""

import argparse
import ipaddress
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import anyio
import httpx
from anyio import to_process, to_thread

from scripts.load.figures import Report
from scripts.load.health import watch_health
from scripts.load.traffic import Document, Outcome, post_for, read_documents
from scripts.local_service import API, MOCK_TILT, LocalServer, NotStarted, free_port, local_server

SAMPLES = Path(__file__).parent.parent / "tests" / "samples"
SETTLING_S = 5.0
"""Seconds after TILT died or came back in which answers may still be those of before."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script."""
    args = _arguments(argv)
    try:
        documents = read_documents(args.documents)
        if args.url:
            report = anyio.run(_load, args.url, documents, args)
            return _verdict(report.lines(), report.problems)
        if args.kill_tilt:
            return _verdict(*anyio.run(_kill_tilt, documents, args))
        with local_server(API) as server:
            report = anyio.run(_load, server.url, documents, args)
        return _verdict(report.lines(), report.problems)
    except (NotStarted, OSError, ValueError) as exc:
        print(f"Not tested: {exc}", file=sys.stderr)
        return 2


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.load_test", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--url", type=_loopback, help="of a running service on this machine; default: one of its own")
    parser.add_argument("--clients", type=int, default=64, help="that post at the same time, default: 64")
    parser.add_argument("--seconds", type=float, default=60, help="default: 60")
    parser.add_argument("--documents", type=Path, default=SAMPLES, help="folder of documents, default: tests/samples")
    parser.add_argument("--key", default="", help="for a service with API_KEYS")
    parser.add_argument("--kill-tilt", choices=["off", "layout"], help="let TILT die and come back; TILT_FALLBACK")
    args = parser.parse_args(argv)
    if args.url and args.kill_tilt:
        parser.error("--kill-tilt needs a service of its own")
    return args


def _loopback(url: str) -> str:
    """The address, which must be of this machine: a load is no way to treat somebody else's."""
    host = httpx.URL(url).host
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise argparse.ArgumentTypeError(f"{url} is not on this machine")
    return url.rstrip("/")


async def _load(url: str, documents: Sequence[Document], args: argparse.Namespace) -> Report:
    """Post for a time while another process asks for health."""
    health: list[float] = []
    address = httpx.URL(url)

    async def watch() -> None:
        health.extend(await to_process.run_sync(watch_health, address.host, address.port or 80, args.seconds))

    start = time.monotonic()
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        outcomes = await post_for(args.seconds, url=url, documents=documents, clients=args.clients, key=args.key)
        seconds = time.monotonic() - start
    return Report(outcomes, health, seconds)


async def _kill_tilt(documents: Sequence[Document], args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The report's lines and problems where TILT is gone for the second third of the time."""
    port, third = free_port(), args.seconds / 3
    environ = {"VLLM_BASE_URL": f"http://127.0.0.1:{port}/v1", "TILT_FALLBACK": args.kill_tilt}
    mock = {"MOCK_ANSWERS": "canned"}
    reports: list[Report] = []
    with ExitStack() as stack:
        tilt = stack.enter_context(local_server(MOCK_TILT, port=port, environ=mock))
        api = stack.enter_context(local_server(API, environ=environ))

        async def load() -> None:
            reports.append(await _load(api.url, documents, args))

        async with anyio.create_task_group() as group:
            group.start_soon(load)
            await anyio.sleep(third)
            tilt.process.kill()
            died = time.monotonic()
            await anyio.sleep(third)
            await to_thread.run_sync(stack.enter_context, local_server(MOCK_TILT, port=port, environ=mock))
            back = time.monotonic()
        (report,) = reports
        problems = report.problems + _not_recovered(report.outcomes, api, died=died, back=back)
    return report.lines() + _timeline(report.outcomes, died=died, back=back), problems


def _timeline(outcomes: Sequence[Outcome], *, died: float, back: float) -> list[str]:
    """What requests came to while TILT was there, gone, and there again."""
    first = min((o.ended for o in outcomes if o.ended > back and o.reader == "tilt"), default=None)
    spans = {"before": (0.0, died), "while gone": (died, back), "after": (back, float("inf"))}
    lines = [
        f"  TILT {name}: " + ", ".join(f"{count} {kind}" for kind, count in Report(part, (), 1).counts.items())
        for name, (start, end) in spans.items()
        if (part := [outcome for outcome in outcomes if start <= outcome.ended < end])
    ]
    return [
        *lines,
        "  TILT never answered again" if first is None else f"  TILT answered again after {first - back:.1f} s",
    ]


def _not_recovered(outcomes: Sequence[Outcome], api: LocalServer, *, died: float, back: float) -> list[str]:
    """What went wrong about TILT's death and return."""
    gone = [outcome for outcome in outcomes if died + SETTLING_S < outcome.ended < back]
    problems = ["TILT answered while it was gone"] if any(outcome.reader == "tilt" for outcome in gone) else []
    if not any(outcome.reader == "tilt" and outcome.ended > back for outcome in outcomes):
        problems.append("TILT's answers did not come back")
    if api.process.poll() is not None:
        problems.append("the service ended")
    return problems


def _verdict(lines: Sequence[str], problems: Sequence[str]) -> int:
    print("\n".join(lines))
    print("passed" if not problems else f"failed: {'; '.join(problems)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
