"""Every bad file and bad request of the corpus against the service in a process of its own.

Each gets the answer that is right for it, and costs nobody else anything: afterwards the process has the threads,
memory, children and files that it had before, and reads a good document.
"""

import io
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image

from lib.memory import IDLE_S
from scripts.local_service import API, LocalServer, local_server
from tests.corpus import images, pdf_carried, pdf_contents, pdf_structures, polyglots, raw_requests
from tests.corpus.case import OK, STATUS, Case, sample
from tests.corpus.raw_requests import RawCase

pytestmark = pytest.mark.xdist_group("corpus")

ENVIRONMENT = {"OCR_CONCURRENCY": "1", "PDF_TIMEOUT_S": "3", "LOG_LEVEL": "WARNING", "REQUEST_TIMEOUT_S": "60"}
PATIENCE_S = 90
"""Longer than a request may take: what has not answered by then hangs."""

MORE_MEMORY_BYTES = 100 * 10**6

GRACE_S = 3
"""To give back memory in."""

GOOD_DOCUMENTS = ("invoice-eur-de.pdf", "invoice-chf-scan.pdf", "receipt-usd.jpg")

SHAPES = ((900, 900), (1800, 700), (600, 2400), (2600, 1900), (1300, 1700), (400, 500))
"""Pixels of width and height. OpenVINO keeps what it has compiled for each shape: that is no leak, and has to be in
memory before."""

POOLED_THREADS = 2
"""Threads that anyio keeps for the next call, more or less of them by chance; a leak would make hundreds."""

FILES = [
    pytest.param(case, id=case.name, marks=[pytest.mark.exhaustive] if case.long else [])
    for part in (images, pdf_structures, pdf_contents, pdf_carried, polyglots)
    for case in part.cases()
]
REQUESTS = [pytest.param(case, id=case.name) for case in raw_requests.cases()]


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process holds.

    Attributes:
        threads: Of the process.
        children: Processes that it has started and that still run.
        open_files: Descriptors, sockets included.
        memory: Bytes in RAM.
    """

    threads: int
    children: int
    open_files: int
    memory: int

    @classmethod
    def of(cls, process_id: int) -> "Footprint":
        """As it is now. Source: proc_pid_status(5)."""
        folder = Path("/proc", str(process_id))
        children = "".join(path.read_text() for path in folder.glob("task/*/children"))
        resident = re.search(r"VmRSS:\s+(\d+) kB", (folder / "status").read_text())
        assert resident
        threads, open_files = (len(list((folder / name).iterdir())) for name in ("task", "fd"))
        return cls(threads, len(children.split()), open_files, int(resident[1]) * 1024)


@dataclass(frozen=True, slots=True)
class Victim:
    """The service under attack.

    Attributes:
        server: Its process and address.
        client: Speaks HTTP to it.
        scratch: Where its temporary files go.
        before: What it held at rest once it had read good documents.
    """

    server: LocalServer
    client: httpx.Client
    scratch: Path
    before: Footprint

    def post(self, content: bytes) -> httpx.Response:
        """Send a file as curl -F would, and ask for everything there is to say about it."""
        return self.client.post("/v1/extract?include=fields,ocr", files={"file": ("invoice.pdf", content)})


def shapes_of(picture: bytes) -> Iterator[bytes]:
    """The same picture, stretched to other shapes."""
    with Image.open(io.BytesIO(picture)) as image:
        for shape in SHAPES:
            out = io.BytesIO()
            image.resize(shape).save(out, "JPEG")
            yield out.getvalue()


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    """A service that has read text layers and scans, each a few times."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        local_server(API, environ=ENVIRONMENT | {"TMPDIR": scratch}) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_S) as client,
    ):
        fresh = Victim(server, client, Path(scratch), Footprint.of(server.process.pid))
        for content in (*map(sample, GOOD_DOCUMENTS * 2), *shapes_of(sample("receipt-usd.jpg"))):
            assert fresh.post(content).status_code == 200
        yield Victim(server, client, Path(scratch), at_rest(server.process.pid))


@pytest.mark.parametrize("case", FILES)
def test_bad_file_gets_the_answer_that_is_right_for_it(victim: Victim, case: Case) -> None:
    """A status, a code and a sentence, or what could be read; never a 500, never silence."""
    answer = victim.post(case.make())

    body = answer.json()
    code = OK if answer.is_success else body["code"]
    assert code in case.codes
    assert answer.status_code == STATUS[code]
    if code != OK:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(body["detail"]) > 20


@pytest.mark.parametrize("case", REQUESTS)
def test_bad_request_gets_the_answer_that_is_right_for_it(victim: Victim, case: RawCase) -> None:
    """Whatever the bytes on the wire are, the answer is HTTP, or the connection ends."""
    status = status_of_raw(victim.server.url, case.make(), closes=case.closes)

    assert status in case.statuses


def status_of_raw(url: str, request: bytes, *, closes: bool) -> int:
    """Send bytes and read the status of the answer; 0 where the connection ends without one."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80), timeout=PATIENCE_S) as connection:
        try:
            connection.sendall(request)
            if closes:
                connection.shutdown(socket.SHUT_WR)
        except OSError:  # It was refused before all of it was sent.
            pass
        line = connection.makefile("rb").readline()
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", line)
    assert found or not line
    return int(found[1]) if found else 0


def test_service_after_all_that_holds_no_more_and_reads_on(victim: Victim) -> None:
    """Threads, processes, files and memory are back, nothing is left on disk, and a good document is read."""
    documents = [
        victim.post(sample(name)) for name in ("receipt-usd.jpg", "invoice-chf-scan.pdf", "invoice-eur-de.pdf")
    ]
    health = victim.client.get("/v1/health").json()
    after = at_rest(victim.server.process.pid)

    assert [answer.status_code for answer in documents] == [200, 200, 200]
    assert documents[0].json()["data"]["total"] == 81.74
    assert (health["ocr"]["busy"], health["ocr"]["waiting"]) == (0, 0)
    assert after.threads <= victim.before.threads + POOLED_THREADS
    assert after.children <= victim.before.children
    assert after.open_files <= victim.before.open_files
    assert after.memory - victim.before.memory < MORE_MEMORY_BYTES
    assert [path.name for path in victim.scratch.iterdir()] == []
    assert victim.server.process.poll() is None


def at_rest(process_id: int) -> Footprint:
    """What a process holds once connections have ended and its engines have given back memory, as they do when idle."""
    time.sleep(IDLE_S + GRACE_S)
    return Footprint.of(process_id)
