"""Jobs for tests."""

import uuid

from lib.document import Question
from lib.jobs.records import FileId, JobOptions, NewJob
from lib.jobs.store import JobStore


def new_job(
    files: int = 2,
    *,
    owner: str = "one",
    key: str = "",
    digest: str = "same",
    callback_url: str = "",
    questions: tuple[Question, ...] = (),
    lang: str = "",
) -> NewJob:
    """A job with so many files."""
    return NewJob(
        job_id=uuid.uuid4().hex,
        owner=owner,
        request_id="request",
        options=JobOptions(callback_url=callback_url, questions=questions, lang=lang),
        names=tuple(f"{index}.pdf" for index in range(files)),
        digest=digest,
        idempotency_key=key,
    )


def taken(
    store: JobStore,
    files: int = 2,
    *,
    owner: str = "one",
    callback_url: str = "",
    questions: tuple[Question, ...] = (),
    lang: str = "",
) -> list[FileId]:
    """The files of a job that was taken."""
    job = new_job(files, owner=owner, callback_url=callback_url, questions=questions, lang=lang)
    job_id = store.create(job, ttl_s=60, most_open=100)
    return [FileId(job_id, index) for index in range(files)]


def begun(store: JobStore, worker: str = "worker") -> FileId | None:
    """The file that a worker has claimed now."""
    return store.take(worker, queues=["default"])
