"""Clients that post documents one after the other, and what each request came to.

In: an address, documents, a time. Out: one `Outcome` a request. A client that is told to come again later does so.
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
    """A file to post.

    Attributes:
        name: As a client would call it.
        content: Its bytes.
        right: The status that it gets where it is read at all.
    """

    name: str
    content: bytes
    right: HTTPStatus = HTTPStatus.OK


BAD_FILES = (
    Document("empty.pdf", b"", HTTPStatus.BAD_REQUEST),
    Document("damaged.pdf", b"%PDF-1.7\n" + bytes(2000), HTTPStatus.BAD_REQUEST),
    Document("cut.jpg", b"\xff\xd8\xff\xe0" + bytes(2000), HTTPStatus.BAD_REQUEST),
    Document("letter.pdf", b"Dear Sir or Madam, no invoice at all.", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
)
"""What every inbox has some of."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request came to.

    Attributes:
        ended: `time.monotonic()` seconds.
        seconds: From the first byte sent to the last one received.
        right: The status that its document gets where it is read at all.
        status: Of the answer; None where there was none.
        retry_after_s: What the answer asked the client to wait.
        code: Of the problem; empty where there was none.
        source: As in `meta.source`.
        reader: As in `meta.reader`.
        degraded: As in `meta.degraded`.
    """

    ended: float
    seconds: float
    right: HTTPStatus
    status: int | None
    retry_after_s: float | None = None
    code: str = ""
    source: str = ""
    reader: str = ""
    degraded: bool = False

    @property
    def kind(self) -> str:
        """In a word: the source of an answer, `bad file`, `refused`, `lost`, or `wrong` with the status."""
        if self.status is None:
            return "lost"
        later = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
        if self.status in later and self.retry_after_s is not None:
            return "refused"
        if self.status != self.right:
            return f"wrong {self.status}"
        return self.source or "bad file"


def read_documents(folder: Path) -> list[Document]:
    """Every PDF, JPG and PNG of a folder, and some bad files.

    Raises:
        ValueError: The folder has none.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".pdf", ".jpg", ".png"})
    if not paths:
        raise ValueError(f"{folder} has neither PDF nor JPG nor PNG")
    return [*(Document(path.name, path.read_bytes()) for path in paths), *BAD_FILES]


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
        return Outcome(now := time.monotonic(), now - start, document.right, None)
    body = answer.json()
    meta, wait = body.get("meta", {}), answer.headers.get("Retry-After")
    return Outcome(
        ended=(now := time.monotonic()),
        seconds=now - start,
        right=document.right,
        status=answer.status_code,
        retry_after_s=None if wait is None else float(wait),
        code=body.get("code", ""),
        source=meta.get("source", ""),
        reader=meta.get("reader", ""),
        degraded=meta.get("degraded", False),
    )
