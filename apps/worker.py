"""The workers of jobs: `python -m apps.worker`.

A parent that reads nothing keeps JOB_WORKERS processes alive, each a worker with its engines loaded once. It starts
again what died, puts back what that had in hand, ends a worker that does not heed a cancellation or the time or that
gives no sign of life, and sends callbacks. SIGTERM lets every worker finish its file. Anything unexpected ends the
process that meets it, so that whoever started it starts it anew. Exit codes: 0 asked to end, 78 a setting is wrong, 70
something unexpected.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import NoReturn

import anyio
from loguru import logger
from redis.exceptions import RedisError

from lib.errors import StartupError
from lib.jobs.callback_queue import CallbackQueue
from lib.jobs.callbacks import Callbacks
from lib.jobs.connection import connect
from lib.jobs.reading import StillBusy, work
from lib.jobs.store import JobStore
from lib.jobs.supervision import SWEEP_S, Supervisor
from lib.settings import JobsSettings, Settings, load_settings
from lib.telemetry import class_and_place, configure_logging

EXIT_SETTING = 78
"""A worker with this code will never start. Source: EX_CONFIG of sysexits.h."""

EXIT_QUEUE = 75
"""Redis stayed away; no file is to blame. Source: EX_TEMPFAIL of sysexits.h."""

EXIT_DEFECT = 70
"""Something that nobody expected. Source: EX_SOFTWARE of sysexits.h."""

EXIT_STILL_BUSY = 80
"""A file is settled, and something of it goes on."""

BLAMELESS = frozenset({0, EXIT_QUEUE, EXIT_SETTING, EXIT_STILL_BUSY})
"""Codes of workers that did not die over a file."""

LOOK_S = 0.2
JUDGE_S = 1.0
"""Between two looks at the processes, and at what they say of themselves."""

SHORT_LIFE_S = 5.0
LONGEST_PAUSE_S = 30.0
"""A worker that died young is started again after a pause, which doubles up to this."""

SPARE_S = 5.0
"""Beyond the time of a file, for a worker that was asked to end."""


@dataclass(slots=True)
class Child:
    """A worker process.

    Attributes:
        name: Unique over all machines.
        process: The process.
        born: `time.monotonic()` seconds.
        ended_by_parent: Whether its death says nothing about its file.
    """

    name: str
    process: subprocess.Popen[bytes]
    born: float = field(default_factory=time.monotonic)
    ended_by_parent: bool = False


class Crew:
    """The workers of one parent."""

    def __init__(self, settings: JobsSettings, supervisor: Supervisor) -> None:
        """No worker yet."""
        self._settings = settings
        self._supervisor = supervisor
        self._children: list[Child] = []
        self._gone: list[tuple[str, bool]] = []
        self._pause_s = 0.0
        self._next_start = 0.0
        self._due = {"next look": 0.0, "judge": 0.0, "sweep": 0.0}
        self.ending = False
        self.refused = False

    def look(self) -> None:
        """One round: bury, start again, judge, sweep. Redis may be away; what it was to be told is kept."""
        self._bury()
        if not self.ending and not self.refused:
            self._start_missing()
        if time.monotonic() < self._due["next look"]:
            return
        try:
            self._tell_of_gone()
            if self._is_due("judge", JUDGE_S):
                self._judge()
            if self._is_due("sweep", SWEEP_S):
                self._supervisor.sweep()
        except (RedisError, OSError) as exc:  # The folder for uploads may be away as well.
            logger.warning("lost files are looked for later: {}", type(exc).__name__)
            self._due["next look"] = time.monotonic() + JUDGE_S

    def end(self) -> None:
        """Let every worker finish the file in hand, end those that do not, and put back what they leave."""
        self.ending = True
        limit = time.monotonic() + self._settings.timeout_s + SPARE_S
        for child in self._children:
            child.ended_by_parent = True
            child.process.terminate()
        while self._children and time.monotonic() < limit:
            self.look()
            time.sleep(LOOK_S)
        for child in self._children:
            child.process.kill()
            child.process.wait()
        self.look()

    def _bury(self) -> None:
        for child in [child for child in self._children if child.process.poll() is not None]:
            self._children.remove(child)
            code = child.process.returncode
            self.refused = self.refused or code == EXIT_SETTING
            counted = not child.ended_by_parent and code not in BLAMELESS
            self._gone.append((child.name, counted))
            if not self.ending:
                logger.warning("worker {} ended with {}", child.name, code)
                young = time.monotonic() - child.born < SHORT_LIFE_S
                self._set_pause(young=young and code != EXIT_STILL_BUSY)

    def _set_pause(self, *, young: bool) -> None:
        """Start at once, unless workers die as soon as they are started."""
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s + 1) if young else 0.0
        self._next_start = time.monotonic() + max(0.0, self._pause_s - 1)

    def _start_missing(self) -> None:
        while len(self._children) < self._settings.workers and time.monotonic() >= self._next_start:
            name = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
            # A session of its own, so that Ctrl+C in a terminal reaches the parent alone.
            command = [sys.executable, "-m", "apps.worker", name]
            self._children.append(Child(name, subprocess.Popen(command, start_new_session=True)))  # noqa: S603 - our own

    def _tell_of_gone(self) -> None:
        while self._gone:
            name, counted = self._gone[0]
            self._supervisor.worker_gone(name, counted=counted)
            self._gone.pop(0)

    def _judge(self) -> None:
        verdicts = self._supervisor.judge({child.name for child in self._children})
        for child in self._children:
            if verdicts[child.name] != "fine" and not child.ended_by_parent:
                logger.warning("worker {} is ended: it, or its file, is {}", child.name, verdicts[child.name])
                # One that gives no sign of life has died over its file, if anybody has.
                child.ended_by_parent = verdicts[child.name] != "silent"
                child.process.kill()

    def _is_due(self, name: str, interval_s: float) -> bool:
        if time.monotonic() < self._due[name]:
            return False
        self._due[name] = time.monotonic() + interval_s
        return True


def run_parent(settings: JobsSettings) -> int:
    """Keep the workers alive until SIGTERM or SIGINT; the exit code.

    Raises:
        StartupError: There is no queue.
    """
    if not settings.redis_url:
        raise StartupError("REDIS_URL is not set; workers have nothing to do without it.")
    ended = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        logger.info("{}: workers finish the files in hand", signal.Signals(number).name)
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    crew = Crew(settings, Supervisor(connect(settings.redis_url), settings=settings))
    callbacks = threading.Thread(target=_send_callbacks, args=(settings, ended), name="callbacks")
    callbacks.start()
    while not ended.wait(LOOK_S) and not crew.refused:
        if not callbacks.is_alive():
            raise RuntimeError("callbacks are not sent any more")
        crew.look()
    ended.set()
    crew.end()
    callbacks.join()
    return EXIT_SETTING if crew.refused else 0


def _send_callbacks(settings: JobsSettings, ended: threading.Event) -> None:
    """Send callbacks as they fall due; what is being sent at the end is sent."""
    redis = connect(settings.redis_url)
    callbacks = Callbacks(JobStore(redis), CallbackQueue(redis), settings)
    try:
        anyio.run(callbacks.send, ended.is_set)
    except Exception as exc:  # noqa: BLE001 - said before the process ends by it
        logger.error("callbacks: {}", class_and_place(exc))


def run_child(settings: Settings, name: str) -> int:
    """Be one worker; the exit code."""
    work(settings, name, leave=partial(_leave, name))
    return 0


def _leave(name: str, exc: BaseException) -> NoReturn:
    """End this process at once: some of its threads may be such as nothing else ends."""
    match exc:
        case StillBusy():
            logger.warning("worker {} ends: its last file is over, and something of it goes on", name)
            code = EXIT_STILL_BUSY
        case RedisError():
            logger.error("worker {} ends: Redis does not answer, or refuses ({})", name, type(exc).__name__)
            code = EXIT_QUEUE
        case _:
            logger.error("worker {} ends: {}", name, class_and_place(exc))
            code = EXIT_DEFECT
    os._exit(code)


def main() -> int:
    """Run the parent, or the worker that it named."""
    try:
        settings = load_settings()
        configure_logging(settings.log)
        return run_child(settings, sys.argv[1]) if sys.argv[1:] else run_parent(settings.jobs)
    except StartupError as exc:
        sys.stderr.write(f"The worker cannot start: {exc}\n")
        return EXIT_SETTING
    except Exception as exc:  # noqa: BLE001 - said in the log's own words, which quote nothing
        _leave("parent" if not sys.argv[1:] else sys.argv[1], exc)


if __name__ == "__main__":
    sys.exit(main())
