"""What breaks things for the tests of chaos, and the count of what was lost or doubled by it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
from fpdf import FPDF
from redis import Redis

from tests.conftest import ROOT
from tests.corpus.pdf_contents import cases
from tests.e2e.job_deployment import SAMPLES, Deployment, Workers

ENDLESS_PAGES = 500

FORM_LAUGHS = ROOT / "tests" / "hostile" / "form-laughs.pdf"
"""Forms that show forms that show forms: years of drawing."""


class Receiver:
    """A server that takes callbacks and notes when each came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.came[body["job_id"]] = time.time()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, daemon=True).start()


def verdict(what: str, deployed: Deployment, jobs: Mapping[str, int], *, others: bool = False, **facts: object) -> None:
    """Say, and hold, that nothing of these jobs was lost or doubled.

    Args:
        what: Happened.
        deployed: Where.
        jobs: Ids, and how many files each had, all of which can be read.
        others: Whether other jobs are, or were, there.
        facts: To be said as well.
    """
    lost = doubled = 0
    with Redis.from_url(deployed.redis.url) as redis:
        for job_id, files in jobs.items():
            read = {item["index"] for item in deployed.job(job_id)["results"] if item.get("data")}
            order = list(redis.lrange(f"ocrlty:job:{job_id}:order", 0, -1))
            lost += files - len(read)
            doubled += len(order) - len(set(order))
        finished = int(redis.hget("ocrlty:totals", "finished") or 0)
        left = [redis.zcard(f"ocrlty:{key}") for key in ("open", "leases")]
    doubled += 0 if others else max(0, finished - sum(jobs.values()))
    said = ", ".join(f"{name} {fact}" for name, fact in facts.items())
    sys.stdout.write(f"\n{what}: lost {lost}, doubled {doubled}{said and ' ('}{said}{said and ')'}\n")
    assert (lost, doubled) == (0, 0)
    assert others or left == [0, 0]


def kill_holder(redis: Redis, workers: Workers, job_id: str) -> int:
    """Kill the workers that have a file of this job in hand, as such a file might; how many."""
    claims = cast("dict[bytes, bytes]", redis.hgetall("ocrlty:claims"))
    holders = {worker for file, worker in claims.items() if file.startswith(job_id.encode())}
    killed = 0
    for pid in workers.pids():
        if any(holder in Path(f"/proc/{pid}/cmdline").read_bytes() for holder in holders):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def endless_scan(folder: Path) -> Path:
    """So many scanned pages that they take a worker for longer than any file may."""
    pdf = FPDF(format=(100, 200))
    for _ in range(ENDLESS_PAGES):
        pdf.add_page()
        pdf.image(SAMPLES / "receipt-usd.jpg", x=0, y=0, w=100)
    path = folder / "endless.pdf"
    pdf.output(path)
    return path


HOSTILE = (
    "100 MB of operators as content",
    "forms that draw each other",
    "300,000 curves",
    "4,000 dates on a page",
    "20 dense pages",
    "2,000 words on top of each other",
)
"""Names of PDFs of the corpus: those that end, those that never do, and those that are read at last."""


def hostile_pdfs(folder: Path) -> list[Path]:
    """Files that take long, for each step of reading a PDF that they may take long in."""
    paths = [folder / f"hostile-{number}.pdf" for number in range(len(HOSTILE))]
    found = {case.name: case.make for case in cases() if case.name in HOSTILE}
    for path, name in zip(paths, HOSTILE, strict=True):
        path.write_bytes(found[name]())
    return [*paths, FORM_LAUGHS]


def padded(path: Path, folder: Path, *, kilobytes: int) -> Path:
    """The same PDF, larger: its last lines follow so many bytes of a comment."""
    content = path.read_bytes()
    end = content[content.rindex(b"startxref") :]
    larger = folder / path.name
    larger.write_bytes(content + b"\n%" + b"x" * (kilobytes * 1024) + b"\n" + end)
    return larger


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A folder with so much room, which only root can make."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"NOT TRIED, a small disk needs root and the right to mount: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """The file that leaves no byte."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return path
    raise AssertionError("the disk has no end")
