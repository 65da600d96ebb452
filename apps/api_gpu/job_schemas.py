"""The public JSON of jobs: how far one is, and each of its files. Field order is the order on the wire.

In: nothing. Out: pydantic models. The result of a file is that of /v1/extract.
"""

import datetime

from apps.api_gpu.details_schemas import DetailsBody
from apps.api_gpu.schema_parts import FieldDetail, Public, example
from apps.api_gpu.schemas import EXAMPLE, EXAMPLE_PROBLEM, Data, Meta, OcrDocument, ProblemBody
from lib.jobs.records import CallbackState, State


class JobFiles(Public):
    """How many files of a job are how far."""

    total: int
    done: int
    succeeded: int
    failed: int
    cancelled: int


class JobPages(Public):
    """Pages of the files that were opened so far."""

    done: int
    total: int


class JobProgress(Public):
    """How far a job is."""

    job_id: str
    status: State
    queue: str
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    files: JobFiles
    pages: JobPages
    callback: CallbackState | None


class JobFile(Public):
    """One file of a job: `data` and `meta`, or `problem`, once it is done."""

    index: int
    filename: str | None
    status: State
    data: Data | None = None
    meta: Meta | None = None
    fields: dict[str, FieldDetail] | None = None
    details: DetailsBody | None = None
    ocr: OcrDocument | None = None
    problem: ProblemBody | None = None


class JobResponse(JobProgress):
    """A job: how far it is, and each of its files, in their order."""

    model_config = example(
        {
            "job_id": "8a6c5f0e2b6f4f4f9d1f3c7f5f3f7a10",
            "status": "started",
            "queue": "default",
            "created_at": "2026-11-22T09:30:00.120000Z",
            "started_at": "2026-11-22T09:30:00.250000Z",
            "ended_at": None,
            "expires_at": None,
            "files": {"total": 3, "done": 2, "succeeded": 1, "failed": 1, "cancelled": 0},
            "pages": {"done": 1, "total": 3},
            "callback": None,
            "results": [
                {"index": 0, "filename": "receipt-usd.jpg", "status": "finished", **EXAMPLE},
                {"index": 1, "filename": "notes.txt", "status": "failed", "problem": EXAMPLE_PROBLEM},
                {"index": 2, "filename": "invoice.pdf", "status": "started"},
            ],
        }
    )

    results: list[JobFile]
