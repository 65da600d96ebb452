"""A folder through a service that answers as ours does, over real HTTP."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import sleep

import httpx
import pytest
import uvicorn
from redis import Redis

from apps.api_gpu.main import create_app
from lib.errors import ExtractionError
from lib.jobs.records import Failure
from lib.jobs.results import encode
from lib.jobs.store import JobStore
from lib.settings import load_settings
from scripts.extract_folder import JOB_FILES, NO_ACCESS, Service, batches, done_before, files_below, run
from tests.conftest import ROOT
from tests.integration.conftest import ONE_ENGINE, BlankOcr
from tests.redis_server import RedisServer, redis_server
from tests.unit.jobs.test_results import extraction

SAMPLES = ROOT / "tests" / "samples"


class Served:
    """The app on a socket, in a thread."""

    def __init__(self, redis_url: str) -> None:
        app = create_app(load_settings(ONE_ENGINE | {"REDIS_URL": redis_url}), ocr=BlankOcr())
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
        self._thread = Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def close(self) -> None:
        """End it."""
        self.client.close()
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents, one of them further down, one that is none, and a file that is not looked at."""
    inside = tmp_path / "in" / "2026"
    inside.mkdir(parents=True)
    (inside.parent / "a.pdf").write_bytes((SAMPLES / "invoice-eur-de.pdf").read_bytes())
    (inside / "b.PDF").write_bytes((SAMPLES / "receipt-eur-nl.pdf").read_bytes())
    (inside / "c.pdf").write_bytes(b"no document")
    (inside / "readme.txt").write_text("nothing")
    return inside.parent


def lines(path: Path) -> dict[str, dict[str, object]]:
    """The results by path."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["path"]: line for line in found}


@pytest.fixture(scope="module")
def alone() -> Iterator[Served]:
    """A service without a queue."""
    served = Served("")
    yield served
    served.close()


def test_folder_is_read_file_by_file_where_there_is_no_queue(
    alone: Served, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each file, a table of the fields, and the errors at the end."""
    out = tmp_path / "results.jsonl"
    code = run(Service(alone.client), folder, out)
    found = lines(out)
    table = list(csv.DictReader(out.with_suffix(".csv").read_text(encoding="utf-8").splitlines()))

    assert code == 1
    assert found.keys() == {"a.pdf", "2026/b.PDF", "2026/c.pdf"}
    assert [(row["path"], row["currency"], row["problem"]) for row in table] == [
        ("2026/b.PDF", "EUR", ""),
        ("2026/c.pdf", "", "unsupported_media_type"),
        ("a.pdf", "EUR", ""),
    ]
    assert "2026/c.pdf: unsupported_media_type" in capsys.readouterr().err


def test_files_of_other_names_are_counted_aloud(
    alone: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has photographs in another format learns that they were not read."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("one.heic", "two.heic", "three.webp"):
        (photos / name).write_bytes(b"no picture")
    run(Service(alone.client), photos, tmp_path / "results.jsonl")

    assert lines(tmp_path / "results.jsonl").keys() == {"three.webp"}
    assert "1 files, 0 of them done before.\n2 more are left out" in capsys.readouterr().err


def test_file_that_cannot_be_read_keeps_no_other_from_being_read(
    alone: Served, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is somebody else's, and an error at the end like any other."""
    monkeypatch.setattr(os, "access", lambda path, _: path != folder / "a.pdf")
    out = tmp_path / "results.jsonl"

    code = run(Service(alone.client), folder, out)

    found = lines(out)
    assert code == 1
    assert found["a.pdf"]["problem"] == NO_ACCESS
    assert "data" in found["2026/b.PDF"]


def test_second_run_reads_what_failed_and_what_is_new(alone: Served, folder: Path, tmp_path: Path) -> None:
    """Nothing that is known is asked for again, also after a line that was cut off."""
    out = tmp_path / "results.jsonl"
    out.write_text('{"path": "a.pdf", "data": {"merchant": "known"}}\n{"path": "2026/b.PDF", "da', encoding="utf-8")
    (folder / "2026" / "c.pdf").write_bytes((SAMPLES / "receipt-eur-nl.pdf").read_bytes())
    code = run(Service(alone.client), folder, out)
    found = lines(out)

    assert code == 0
    assert found["a.pdf"] == {"path": "a.pdf", "data": {"merchant": "known"}}
    assert done_before(out).keys() == {"a.pdf", "2026/b.PDF", "2026/c.pdf"}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """For the queue."""
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


def settle_everything(store: JobStore, count: int) -> None:
    """What workers would do."""
    done = 0
    while done < count:
        for file in store.open_files():
            if file.index % 5 == 4:
                store.fail(file, Failure(ExtractionError.code, "why"))
            else:
                store.finish(file, encode(extraction("Shop", None, None), with_text=False), pages=1)
            done += 1
        sleep(0.02)


def test_folder_goes_through_jobs_where_there_is_a_queue(redis: RedisServer, tmp_path: Path) -> None:
    """Several jobs, each file once."""
    folder, out = tmp_path / "in", tmp_path / "results.jsonl"
    folder.mkdir()
    for index in range(2 * JOB_FILES + 1):
        (folder / f"{index:02}.pdf").write_bytes(b"x")
    served = Served(redis.url)
    with Redis.from_url(redis.url) as client:
        workers = Thread(target=settle_everything, args=(JobStore(client), 2 * JOB_FILES + 1))
        workers.start()
        code = run(Service(served.client), folder, out)
        workers.join()
    served.close()
    found = lines(out)

    assert code == 1
    assert len(found) == len(out.read_text(encoding="utf-8").splitlines()) == 2 * JOB_FILES + 1
    assert sum("data" in line for line in found.values()) == 33


def test_batches_are_bounded_and_keep_every_file(tmp_path: Path) -> None:
    """In number; no job is empty."""
    for index in range(45):
        (tmp_path / f"{index:02}.png").write_bytes(b"x")
    paths = files_below(tmp_path)
    made = list(batches(paths))

    assert [len(batch) for batch in made] == [20, 20, 5]
    assert [path for batch in made for path in batch] == paths
