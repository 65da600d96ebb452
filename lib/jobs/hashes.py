"""Jobs as the hashes that Redis keeps, and back.

In: a job to be taken, or what Redis has of one. Out: fields of a hash, or the nouns of records.py. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast
from urllib.parse import urlsplit

from lib.document import Question
from lib.jobs.records import FINAL, CallbackState, FileId, FileView, JobOptions, JobView, NewJob, State, WorkerView
from lib.jobs.results import decode


def job_fields(job: NewJob, ttl_s: int) -> dict[str, str]:
    """A new job as its hash."""
    return {
        "owner": job.owner,
        "request_id": job.request_id,
        "include": ",".join(sorted(job.options.include)),
        "queue": job.options.queue,
        "callback_url": job.options.callback_url,
        "callback_host": urlsplit(job.options.callback_url).netloc.lower(),
        "questions": json.dumps([[question.key, question.text] for question in job.options.questions]),
        "lang": job.options.lang,
        "callback": "waiting" if job.options.callback_url else "",
        "names": json.dumps(job.names),
        "digest": job.digest,
        "ttl": str(ttl_s),
    }


def text_of(hashed: Mapping[bytes, bytes]) -> dict[str, str]:
    """A hash as Redis gives it, decoded."""
    return {name.decode(): value.decode() for name, value in hashed.items()}


def options_of(meta: Mapping[str, str]) -> JobOptions:
    """What was asked for; a hash that an earlier version wrote has neither questions nor a language."""
    return JobOptions(
        include=frozenset(part for part in meta["include"].split(",") if part),
        queue=meta["queue"],
        callback_url=meta["callback_url"],
        questions=tuple(Question(key, text) for key, text in json.loads(meta.get("questions", "[]"))),
        lang=meta.get("lang", ""),
    )


def files_of(
    meta: Mapping[str, str], states: Mapping[str, str], pages: Mapping[str, str], outcomes: Mapping[bytes, bytes]
) -> tuple[FileView, ...]:
    """The files of a job, in their order."""
    return tuple(
        with_outcome(
            FileView(
                index=index,
                name=name,
                state=cast("State", states[str(index)]),
                pages_done=int(pages.get(f"{index}:done", 0)),
                pages_total=int(pages.get(f"{index}:total", 0)),
            ),
            outcomes.get(str(index).encode()),
        )
        for index, name in enumerate(json.loads(meta["names"]))
    )


def job_of(job_id: str, meta: Mapping[str, str], *, files: tuple[FileView, ...], settled: tuple[int, ...]) -> JobView:
    """A job as a client sees it."""
    ended_at = _time(meta, "ended_at")
    return JobView(
        job_id=job_id,
        owner=meta["owner"],
        request_id=meta["request_id"],
        options=options_of(meta),
        state=_state(meta, files),
        created_at=float(meta["created_at"]),
        started_at=_time(meta, "started_at"),
        ended_at=ended_at,
        expires_at=None if ended_at is None else ended_at + float(meta["ttl"]),
        callback=cast("CallbackState | None", meta["callback"] or None),
        files=files,
        settled=settled,
    )


def with_outcome(file: FileView, outcome: bytes | None) -> FileView:
    """A file with its outcome, where it has one."""
    if outcome is None:
        return file
    return replace(file, outcome=decode(outcome))


def _time(meta: Mapping[str, str], name: str) -> float | None:
    return float(meta[name]) if name in meta else None


def _state(meta: Mapping[str, str], files: Sequence[FileView]) -> State:
    """Of a job: cancelled where a file of it is, failed where every file is; never back from started to queued."""
    states = {file.state for file in files}
    if states <= FINAL:
        return "cancelled" if "cancelled" in states else ("failed" if states == {"failed"} else "finished")
    return "started" if "started_at" in meta else "queued"


def worker_of(name: str, saying: bytes) -> WorkerView:
    """A worker as its last sign of life."""
    said = json.loads(saying)
    file = FileId.parse(said["file"]) if said["file"] else None
    return WorkerView(name=name, file=file, busy_s=float(said["busy_s"]))
