"""One key that sends files which never end, and another one beside it."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import pytest

from scripts.local_service import local_service
from tests.conftest import ROOT

POISON = ROOT / "tests" / "hostile" / "form-laughs.pdf"
"""Forms that show forms that show forms: years of drawing."""

INVOICE = ROOT / "tests" / "samples" / "invoice-eur-de.pdf"
CLIENTS = 10
INVOICES = 12


def post(client: httpx.Client, path: object, key: str) -> httpx.Response:
    """Post a file with a key."""
    content = ROOT.joinpath(str(path)).read_bytes()
    headers = {"Authorization": f"Bearer {key}"}
    return client.post("/v1/extract", files={"file": ("a.pdf", content)}, headers=headers)


@contextmanager
def poisoning(url: str) -> Iterator[None]:
    """Have clients of key `a` post what never ends, again and again."""
    over = Event()

    def poison() -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            while not over.is_set():
                post(client, POISON, "a")

    threads = [Thread(target=poison) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
def test_key_beside_one_whose_files_never_end_is_served() -> None:
    """It waits for none of them: each would take PDF_TIMEOUT_S of a processor, and all of them a minute."""
    environ = {"API_KEYS": "a,b", "OCR_CONCURRENCY": "1", "REQUEST_TIMEOUT_S": "20"}
    seconds, statuses = [], []
    with local_service(environ) as url, httpx.Client(base_url=url, timeout=60) as client, poisoning(url):
        time.sleep(1)
        for _ in range(INVOICES):
            start = time.monotonic()
            statuses.append(post(client, INVOICE, "b").status_code)
            seconds.append(time.monotonic() - start)

    assert statuses == [200] * INVOICES
    assert statistics.median(seconds) < 3
