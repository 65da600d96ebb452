"""A whole folder through a running service: `make extract-folder DIR=path OUT=results.jsonl`.

In: the PDF, JPG, PNG and WebP files below a folder. Out: one JSON line for each file as it is done (`path`, then
`data` and `meta`, or `problem`), and a CSV of the six fields beside it; with --details they have the details, too, and
a second CSV the items. As jobs where the service has a queue, else file by file.
Started again it goes on where it was, and tries what failed again. Exit codes: 0 every file has its fields, 1 some
have not, 2 there is nothing to do it with.
"""

import argparse
import itertools
import json
import os
import queue
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scripts.result_tables import Result, write_documents, write_items

SUFFIXES: Final = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".webp"})
"""Of what the service reads by default."""

JOB_FILES: Final = 20
JOB_BYTES: Final = 50 * 2**20
"""Of one job: small ones are followed more easily, and sent again more cheaply."""

AT_ONCE: Final = 4
REQUEST_LIMIT_S: Final = 300
POLL_S: Final = 1.0
PATIENCE_S: Final = 120.0
"""How long a service that is busy, restarting or without its Redis is waited for."""

UNAVAILABLE: Final = frozenset({502, 503, 504})
NO_QUEUE: Final = 501

NO_ACCESS: Final = {"code": "no_access", "detail": "The file cannot be read here; whose is it?"}
"""The problem of a file that is not sent."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service.

    Attributes:
        client: Knows its address and key.
        include: The parts of an answer that are asked for beside `data` and `meta`; empty: none.
    """

    client: httpx.Client
    include: str = ""

    @property
    def _asked(self) -> dict[str, str]:
        return {"include": self.include} if self.include else {}

    def has_queue(self) -> bool:
        """Whether it takes jobs."""
        return self._ask("GET", "/v1/jobs/0").status_code != NO_QUEUE

    def extract(self, path: Path) -> Result:
        """The result of one file, waited for."""
        answer = self._ask("POST", "/v1/extract", params=self._asked, files={"file": (path.name, path.read_bytes())})
        return _body(answer) if answer.is_success else {"problem": _body(answer)}

    def run_job(self, paths: Sequence[Path]) -> Iterator[tuple[Path, Result]]:
        """The result of each file, as soon as it is there."""
        contents = [path.read_bytes() for path in paths]
        job = self._submitted(paths, contents)
        if "problem" in job:
            yield from ((path, job) for path in paths)
            return
        told: set[int] = set()
        while True:
            for item in job["results"]:
                if item["index"] not in told and ("data" in item or "problem" in item or item["status"] == "cancelled"):
                    told.add(item["index"])
                    yield paths[item["index"]], _result_of(item)
            if job["ended_at"]:
                return
            time.sleep(POLL_S)
            answer = self._ask("GET", f"/v1/jobs/{job['job_id']}")
            if not answer.is_success:
                yield from ((path, {"problem": _body(answer)}) for i, path in enumerate(paths) if i not in told)
                return
            job = _body(answer)

    def _submitted(self, paths: Sequence[Path], contents: Sequence[bytes]) -> Result:
        """The job, or its problem. Sending it again after a broken connection makes no second one."""
        files = [("files", (path.name, content)) for path, content in zip(paths, contents, strict=True)]
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self._ask("POST", "/v1/jobs", params=self._asked, files=files, headers=headers)
        return _body(answer) if answer.is_success else {"problem": _body(answer)}

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        """An answer; while the service cannot give one it is asked again.

        Raises:
            TransportError: There is no service, for PATIENCE_S.
        """
        end = time.monotonic() + PATIENCE_S
        for attempt in itertools.count():
            wait_s = min(10.0, 0.5 * 2**attempt)
            try:
                answer = self.client.request(method, path, **more)
            except httpx.TransportError:
                if time.monotonic() + wait_s > end:
                    raise
            else:
                if answer.status_code not in UNAVAILABLE or time.monotonic() + wait_s > end:
                    return answer
            time.sleep(wait_s)
        raise AssertionError


def _body(answer: httpx.Response) -> Result:
    """The JSON of an answer; what a proxy answered in another form becomes a problem."""
    try:
        return dict(answer.json())
    except ValueError:
        return {"status": answer.status_code, "code": "no_json", "detail": "The answer is no JSON; is a proxy between?"}


def _result_of(item: Result) -> Result:
    """An item of a job without what only the job knows."""
    kept: Result = {name: item[name] for name in ("data", "meta", "details", "problem") if name in item}
    return kept or {"problem": {"code": "cancelled", "detail": "The job was cancelled."}}


def files_below(folder: Path) -> list[Path]:
    """The documents of a folder and of those inside, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def done_before(out: Path) -> dict[str, Result]:
    """What an earlier run has found, by path; a line that was cut off and files that failed do not count."""
    if not out.is_file():
        return {}
    lines = (_line(text) for text in out.read_text(encoding="utf-8").splitlines())
    return {line["path"]: line for line in lines if line.get("data")}


def _line(text: str) -> Result:
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}


def batches(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """The files in jobs of a handy size."""
    batch: list[Path] = []
    size = 0
    for path in paths:
        length = path.stat().st_size
        if batch and (len(batch) == JOB_FILES or size + length > JOB_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += length
    if batch:
        yield batch


def results(service: Service, paths: Sequence[Path]) -> Iterator[tuple[Path, Result]]:
    """Every file with its result, in the order in which they come.

    Raises:
        TransportError: The service is gone; what was asked for before may still be told.
    """
    work: list[Callable[[], Iterator[tuple[Path, Result]]]]
    if service.has_queue():
        work = [partial(service.run_job, batch) for batch in batches(paths)]
    else:
        work = [partial(_alone, service, path) for path in paths]
    found: queue.SimpleQueue[tuple[Path, Result] | BaseException] = queue.SimpleQueue()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for step in work:
            pool.submit(_put_all, found, step)
        for _ in paths:
            item = found.get()
            if isinstance(item, BaseException):
                pool.shutdown(cancel_futures=True)
                raise item
            yield item


def _alone(service: Service, path: Path) -> Iterator[tuple[Path, Result]]:
    yield path, service.extract(path)


def _put_all(
    found: "queue.SimpleQueue[tuple[Path, Result] | BaseException]", step: Callable[[], Iterator[tuple[Path, Result]]]
) -> None:
    try:
        for item in step():
            found.put(item)
    except BaseException as exc:  # noqa: BLE001 - raised again by whoever waits for results
        found.put(exc)


def run(service: Service, folder: Path, out: Path) -> int:
    """Read what is not read yet; the exit code."""
    known = done_before(out)
    every = files_below(folder)
    todo = [path for path in every if str(path.relative_to(folder)) not in known]
    _say(f"{len(every)} files, {len(every) - len(todo)} of them done before.")
    others = sum(path.is_file() for path in folder.rglob("*")) - len(every)
    if others:
        _say(f"{others} more are left out: their names end in none of {' '.join(sorted(SUFFIXES))}.")
    lines = list(known.values())
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with _rewritten(out, lines) as file, Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=len(todo))
        readable = [path for path in todo if os.access(path, os.R_OK)]
        refused = ((path, {"problem": NO_ACCESS}) for path in todo if path not in set(readable))
        for path, result in itertools.chain(refused, results(service, readable) if readable else ()):
            line = {"path": str(path.relative_to(folder)), **result}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            lines.append(line)
            progress.advance(bar)
    lines.sort(key=lambda line: str(line["path"]))
    write_documents(out.with_suffix(".csv"), lines)
    if service.include:
        write_items(out.with_suffix(".items.csv"), lines)
    return _report([line for line in lines if not line.get("data")], out)


@contextmanager
def _rewritten(out: Path, lines: Sequence[Result]) -> Iterator[TextIO]:
    """The file of results with these lines alone, to be added to; the old one stays until the new one is whole."""
    part = out.with_name(out.name + ".part")
    part.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    part.replace(out)
    with out.open("a", encoding="utf-8") as file:
        yield file


def _report(failed: Sequence[Result], out: Path) -> int:
    for line in failed:
        problem = line.get("problem") or {}
        _say(f"{line['path']}: {problem.get('code')}: {problem.get('detail')}")
    _say(f"{len(failed)} files failed. Results: {out}, {out.with_suffix('.csv')}")
    return 1 if failed else 0


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Extract a whole folder through a running service.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--details", action="store_true", help="items, taxes, parties and all else, too")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        _say(f"{arguments.folder} is no folder.")
        return 2
    key = os.environ.get("API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=arguments.url, headers=headers, timeout=REQUEST_LIMIT_S) as client:
        try:
            return run(Service(client, "details" if arguments.details else ""), arguments.folder, arguments.out)
        except httpx.TransportError as exc:
            _say(f"{arguments.url} does not answer ({type(exc).__name__}). Start it, and run this again to go on.")
            return 2


if __name__ == "__main__":
    sys.exit(main())
