"""Two hundred documents that the fork has trouble with, thirty clients that leave, and no restart."""

import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio
import httpx
import pytest

from tests.e2e.test_entrypoint import pod
from tests.fake_tilt import LONGEST, fork_environment, mixed_documents, tilt_request
from tests.pdf_writer import PdfWriter, show_lines
from tests.unit.tilt_api.test_processes import MODULE, free_port, serving

DOCUMENTS = 200
LEAVERS = frozenset(range(3, DOCUMENTS, 6)) - {LONGEST}
AT_ONCE = 12
GONE = 0

Post = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


async def statuses(base_url: str, post: Post, *, leave_after_s: float) -> Counter[int]:
    """The status of every document; GONE for clients that did not wait."""
    seen: list[int] = []
    numbers = iter(range(DOCUMENTS))

    async def work(client: httpx.AsyncClient) -> None:
        for number in numbers:
            if number in LEAVERS:
                with anyio.move_on_after(leave_after_s):
                    await post(client, number)
                seen.append(GONE)
            else:
                seen.append((await post(client, number)).status_code)

    async with httpx.AsyncClient(base_url=base_url, timeout=300) as client, anyio.create_task_group() as group:
        for _ in range(AT_ONCE):
            group.start_soon(work, client)
    return Counter(seen)


@pytest.mark.slow
def test_tilt_server_answers_everybody_who_stays(tmp_path: Path) -> None:
    """Aborts, long documents and many images in one engine, and the engine lives."""
    port = free_port()
    requests = [tilt_request(words) for words in mixed_documents(DOCUMENTS)]

    async def post(client: httpx.AsyncClient, number: int) -> httpx.Response:
        return await client.post("/v1/tilt/generate", json=requests[number])

    with serving(MODULE, fork_environment(tmp_path) | {"VLLM_PORT": str(port)}, port) as (process, client):
        seen = anyio.run(_run, f"http://127.0.0.1:{port}", post, 0.02)
        metrics = client.get("/metrics").text

        assert process.poll() is None
    assert len(LEAVERS) >= 30
    assert seen == {200: DOCUMENTS - len(LEAVERS), GONE: len(LEAVERS)}
    assert 'requests_total{route="/v1/tilt/generate",status="499"}' in metrics


async def _run(base_url: str, post: Post, leave_after_s: float) -> Counter[int]:
    return await statuses(base_url, post, leave_after_s=leave_after_s)


@pytest.mark.slow
def test_pod_answers_everybody_who_stays(tmp_path: Path) -> None:
    """The same as PDF files, through the start script and the API."""
    files = [pdf(words) for words in mixed_documents(DOCUMENTS)]

    async def post(client: httpx.AsyncClient, number: int) -> httpx.Response:
        return await client.post("/v1/extract", files={"file": ("a.pdf", files[number])})

    environ = {"TILT_PYTHON": interpreter(tmp_path), "MOCK_VLLM": "0", "TILT_TIMEOUT_S": "120", "READER_PROCESSES": "0"}
    with pod(tmp_path, start_s=240, **environ) as running:
        seen = anyio.run(_run, running.api, post, 0.3)
        health = httpx.get(f"{running.api}/v1/health", timeout=30).json()
    log = (tmp_path / "logs" / "tilt.log").read_text()

    assert seen == {200: DOCUMENTS - len(LEAVERS), GONE: len(LEAVERS)}
    assert health["tilt"]["reachable"]
    assert log.count("the engine has answered its first two questions") == 1
    assert log.count("repaired the vLLM fork") == 2


def interpreter(folder: Path) -> str:
    """A Python that finds the stand-in fork, as the TILT server's environment would."""
    environ = fork_environment(folder)
    path = folder / "python"
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH={environ["PYTHONPATH"]} FAKE_GPU={environ["FAKE_GPU"]} exec {sys.executable} "$@"\n'
    )
    path.chmod(0o755)
    return os.fspath(path)


def pdf(words: Sequence[int]) -> bytes:
    """Pages of a text layer with so many words."""
    writer = PdfWriter()
    for count in words:
        said = ["Shop" if i % 3 == 0 else f"{i % 90 + 10}.50" for i in range(count)]
        lines = [" ".join(said[start : start + 16]) for start in range(0, count, 16)]
        writer.page(show_lines(lines, x=30, top=810, step=max(4.0, 780 / max(1, len(lines)))))
    return writer.save()
