"""Clients that post documents one after the other, and what each request came to.

In: an address, documents, a time. Out: one `Outcome` a request. A client that is told to come again later does so; what
is neither answered nor told that is lost.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import anyio
import httpx

ANSWER_LIMIT_S = 240
"""Longer than any REQUEST_TIMEOUT_S in use: what has not been answered by then never will be."""

MOST_REQUESTS = 50_000


@dataclass(frozen=True, slots=True)
class Document:
    """A file to post."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request came to.

    Attributes:
        ended: `time.monotonic()` seconds.
        seconds: From the first byte sent to the last one received.
        status: Of the answer; None where there was none.
        retry_after_s: What the answer asked the client to wait.
        reader: Who answered, as in `meta.reader`.
        degraded: As in `meta.degraded`.
    """

    ended: float
    seconds: float
    status: int | None
    retry_after_s: float | None = None
    reader: str | None = None
    degraded: bool = False

    @property
    def kind(self) -> str:
        """In one word: `answered`, `degraded`, `refused`, `lost`, or the status of a failure."""
        if self.status == HTTPStatus.OK:
            return "degraded" if self.degraded else "answered"
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE and self.retry_after_s is not None:
            return "refused"
        return "lost" if self.status in {None, HTTPStatus.SERVICE_UNAVAILABLE} else str(self.status)


def read_documents(folder: Path) -> list[Document]:
    """Every PDF, JPG and PNG of a folder."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".pdf", ".jpg", ".png"})
    return [Document(path.name, path.read_bytes()) for path in paths]


async def post_for(
    seconds: float, *, url: str, documents: Sequence[Document], clients: int, key: str = ""
) -> list[Outcome]:
    """Let clients post for a time, each the next document as soon as its last one is answered.

    Args:
        seconds: After which no request is begun; those under way are waited for.
        url: Of the service.
        documents: Posted in an order of chance, the same one every time.
        clients: How many post at the same time.
        key: For a service with API_KEYS.
    """
    outcomes: list[Outcome] = []
    end = time.monotonic() + seconds

    async def one(number: int, http: httpx.AsyncClient) -> None:
        chance = random.Random(number)  # noqa: S311 - a mix of documents, not secrets
        while time.monotonic() < end and len(outcomes) < MOST_REQUESTS:
            outcome = await _post(http, chance.choice(documents))
            outcomes.append(outcome)
            if outcome.retry_after_s:
                await anyio.sleep(min(outcome.retry_after_s, max(0.0, end - time.monotonic())))

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with (
        httpx.AsyncClient(base_url=url, timeout=ANSWER_LIMIT_S, limits=limits, headers=headers) as http,
        anyio.create_task_group() as group,
    ):
        for number in range(clients):
            group.start_soon(one, number, http)
    return outcomes


async def _post(http: httpx.AsyncClient, document: Document) -> Outcome:
    start = time.monotonic()
    try:
        answer = await http.post("/v1/extract", files={"file": (document.name, document.content)})
    except httpx.TransportError:
        return _ended(start, None)
    if not answer.is_success:
        wait = answer.headers.get("Retry-After")
        return _ended(start, answer.status_code, retry_after_s=None if wait is None else float(wait))
    meta = answer.json()["meta"]
    return _ended(start, answer.status_code, reader=meta["reader"], degraded=meta["degraded"])


def _ended(
    start: float,
    status: int | None,
    *,
    retry_after_s: float | None = None,
    reader: str | None = None,
    degraded: bool = False,
) -> Outcome:
    now = time.monotonic()
    return Outcome(now, now - start, status, retry_after_s, reader, degraded)
