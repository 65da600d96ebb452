"""Redis, the API and workers as processes, for tests that kill them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT
from tests.redis_server import RedisServer, redis_server

SAMPLES = ROOT / "tests" / "samples"
START_LIMIT_S = 240
UVICORN = (sys.executable, "-m", "uvicorn", "apps.api_gpu.main:app")


class Workers:
    """A parent with its workers."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log.open("ab")
        command = [sys.executable, "-m", "apps.worker"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self._log, stderr=self._log)

    def pids(self) -> list[int]:
        """Of the worker processes; those that they start themselves are not among them."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text(encoding="ascii").split()]

    def kill_one(self, number: int = 0) -> None:
        """As the kernel does when memory is short."""
        pids = self.pids()
        if pids:
            os.kill(pids[number % len(pids)], signal.SIGKILL)

    def stop(self, seconds: float = 90) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        code = self.process.wait(seconds)
        self._log.close()
        return code


class Deployment:
    """One Redis, one API, and as many parents of workers as are started."""

    def __init__(self, folder: Path, redis: RedisServer, client: httpx.Client, environ: Mapping[str, str]) -> None:
        self.redis = redis
        self.client = client
        self.environ = environ
        self._folder = folder

    def start_workers(self, count: int, *, queue: str = "default") -> Workers:
        """A parent with so many workers of one queue, which load their engines now."""
        chosen = {"JOB_WORKERS": str(count), "JOB_QUEUES": queue}
        return Workers({**self.environ, **chosen}, self._folder / "workers.log")

    @contextmanager
    def acting_as(self, headers: Mapping[str, str]) -> Iterator["Deployment"]:
        """The same one, for a client with other headers."""
        with httpx.Client(base_url=self.client.base_url, timeout=60, headers=headers) as client:
            yield Deployment(self._folder, self.redis, client, self.environ)

    def post(self, paths: Sequence[Path], *, params: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401
        """The answer to a job with these files."""
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        return self.client.post("/v1/jobs", files=files, params=params, **more)

    def submit(self, paths: Sequence[Path], **params: str) -> str:
        """The id of a job with these files."""
        answer = self.post(paths, params=params)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """The job's body; asked for again while Redis is away."""
        end = time.monotonic() + 30
        while True:
            answer = self.client.get(f"/v1/jobs/{job_id}")
            if answer.status_code == 200:
                return dict(answer.json())
            assert answer.json()["code"] == "queue_unavailable", answer.text
            assert time.monotonic() < end, "Redis does not come back"
            time.sleep(0.2)

    def watch(self, job_id: str, *, seconds: float, every_s: float = 0.3) -> Iterator[dict[str, Any]]:
        """The job again and again, until it has ended."""
        end = time.monotonic() + seconds
        while True:
            job = self.job(job_id)
            yield job
            if job["ended_at"]:
                return
            assert time.monotonic() < end, json.dumps(job | {"results": None})
            time.sleep(every_s)

    def until(self, job_id: str, condition: Callable[[dict[str, Any]], bool], *, seconds: float = 60) -> dict[str, Any]:
        """The job as soon as a condition holds."""
        return next(job for job in self.watch(job_id, seconds=seconds, every_s=0.05) if condition(job))

    def ended(self, job_id: str, *, seconds: float = 90) -> dict[str, Any]:
        """The job at its end."""
        return list(self.watch(job_id, seconds=seconds))[-1]


@contextmanager
def deployment(
    folder: Path,
    environ: Mapping[str, str] | None = None,
    *,
    redis_folder: Path | None = None,
    redis_program: str | None = None,
    redis_environ: Mapping[str, str] | None = None,
) -> Iterator[Deployment]:
    """One without workers.

    Args:
        folder: For logs, and the data of Redis.
        environ: Of the API and the workers, beside what makes them one deployment.
        redis_folder: For the data of Redis, if elsewhere.
        redis_program: Its path; None: any that is here.
        redis_environ: Of Redis.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        redis_server(redis_folder or folder, program=redis_program, environ=redis_environ) as redis,
        (folder / "api.log").open("wb") as log,
    ):
        chosen = {"REDIS_URL": redis.url, "OCR_CONCURRENCY": "1", "JOB_QUEUES": "default,other"}
        chosen = os.environ | chosen | dict(environ or {})
        command = [*UVICORN, "--port", str(port)]
        api = subprocess.Popen(command, cwd=ROOT, env=chosen, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                _wait_until_ready(client, api)
                yield Deployment(folder, redis, client, chosen)
        finally:
            api.kill()
            api.wait()


def _wait_until_ready(client: httpx.Client, api: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        assert api.poll() is None, "the API ended before it was ready"
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the API does not get ready")
