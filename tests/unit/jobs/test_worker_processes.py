"""What the parent makes of the ends of workers, and that nothing unexpected leaves a process half alive."""

import subprocess
import sys
import time
from collections.abc import Collection
from typing import cast

import pytest

from apps.worker import Child, Crew
from lib.jobs.supervision import Supervisor, Verdict
from lib.settings import load_settings
from tests.conftest import ROOT
from tests.redis_server import RedisServer


class Judge:
    """A supervisor that gives one verdict on everybody, and notes who is gone."""

    def __init__(self, verdict: Verdict = "fine") -> None:
        self.verdict: Verdict = verdict
        self.gone: list[tuple[str, bool]] = []

    def judge(self, workers: Collection[str]) -> dict[str, Verdict]:
        """The same on each."""
        return dict.fromkeys(workers, self.verdict)

    def worker_gone(self, worker: str, *, counted: bool) -> None:
        """Noted."""
        self.gone.append((worker, counted))

    def sweep(self) -> None:
        """Nothing."""


def crew_of(judge: Judge, command: str, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """One with a single worker, which runs a command of the shell and is not started again."""
    crew = Crew(load_settings({}).jobs, cast("Supervisor", judge))
    monkeypatch.setattr(Crew, "_start_missing", lambda _: None)
    crew._children.append(Child("worker", subprocess.Popen(["sh", "-c", command])))
    return crew


def look_until_gone(crew: Crew, judge: Judge) -> None:
    """Round after round."""
    end = time.monotonic() + 20
    while not judge.gone and time.monotonic() < end:
        crew.look()
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("command", "counted"),
    [
        pytest.param("kill -9 $$", True, id="killed"),
        pytest.param("exit 70", True, id="something unexpected"),
        pytest.param("exit 1", True, id="any other code"),
        pytest.param("exit 80", False, id="its file is settled, and goes on"),
        pytest.param("exit 75", False, id="Redis is away"),
        pytest.param("exit 0", False, id="asked to end"),
    ],
)
def test_end_of_a_worker_counts_against_its_file_or_not(
    monkeypatch: pytest.MonkeyPatch, command: str, counted: bool
) -> None:
    """A file that ends three of them is failed."""
    judge = Judge()
    look_until_gone(crew_of(judge, command, monkeypatch), judge)

    assert judge.gone == [("worker", counted)]


@pytest.mark.parametrize(("verdict", "counted"), [("silent", True), ("stuck", False), ("cancelled", False)])
def test_worker_that_is_ended_by_its_parent_counts_where_it_hung(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, counted: bool
) -> None:
    """A file over which it gives no sign of life must not be tried for ever; of the others the parent knows why."""
    judge = Judge(verdict)
    look_until_gone(crew_of(judge, "exec sleep 60", monkeypatch), judge)

    assert judge.gone == [("worker", counted)]


def run(code: str, *, url: str = "redis://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
    """Python code in a process of its own, as a parent or worker."""
    environ = {"REDIS_URL": url, "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "broken",
    ["worker.Supervisor.sweep = lambda self: {}['secret']", "worker.Callbacks.send = lambda self, until: {}['secret']"],
    ids=["its rounds", "callbacks"],
)
def test_parent_that_meets_the_unexpected_ends(server: RedisServer, broken: str) -> None:
    """Whoever started it starts it again; half of it would look alive and do nothing."""
    code = f"from apps import worker; worker.Crew._start_missing = lambda self: None; {broken}; exit(worker.main())"
    ended = run(code, url=server.url)

    assert ended.returncode == 70
    assert "unexpected KeyError" in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.parametrize(
    ("raised", "code"),
    [("StillBusy('0')", 80), ("RedisError('secret')", 75), ("KeyError('secret')", 70)],
)
def test_worker_that_cannot_go_on_ends_though_a_thread_does(raised: str, code: int) -> None:
    """No thread keeps it, and its last words quote nothing."""
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"
    ended = run(f"{thread}; from apps.worker import *; from apps.worker import _leave; _leave('w', {raised})")

    assert ended.returncode == code
    assert "worker w ends" in ended.stderr
    assert "secret" not in ended.stderr
