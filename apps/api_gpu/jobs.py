"""The endpoints of jobs: files that are read later, by workers, while a client watches or goes away.

In: requests. Out: the models of job_schemas.py, and server-sent events of the same. Without REDIS_URL each of them
answers 501, and nothing else of the service changes.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse

from apps.api_gpu.auth import owner_of
from apps.api_gpu.description import EVENTS, JOB_FILES, OPEN, TRACED, answers
from apps.api_gpu.errors import problem_of_failure
from apps.api_gpu.job_desk import JobDesk, without_outcomes
from apps.api_gpu.job_schemas import JobFiles, JobPages, JobProgress, JobResponse
from apps.api_gpu.presentation import present
from apps.api_gpu.questions import inquiry_of
from apps.api_gpu.routes import Include, Lang, Tenant, asked_for, includes, language, service_of
from apps.api_gpu.uploads import read_job_form
from lib.computing import compute
from lib.errors import JobNotFound, JobsDisabled, QueueUnavailable
from lib.extraction import Extraction
from lib.fair_queue import on_behalf_of
from lib.jobs.records import Failure, FileView, JobOptions, JobView
from lib.telemetry import RequestContext, request_context

router = APIRouter(generate_unique_id_function=lambda route: route.name)

KEEP_ALIVE_LOOKS = 30
"""Looks without news after which a comment is sent, so that no proxy takes the stream for dead: 15 s."""

Owner = Annotated[str, Depends(owner_of)]
JobId = Annotated[str, Path(description="As POST /v1/jobs answered it.")]
QueueName = Annotated[str | None, Query(description="One of the server's JOB_QUEUES; the earlier, the sooner.")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="Of the client's choice: sending the same job again with it makes no second one.",
    ),
]
LastEventId = Annotated[
    str, Header(alias="Last-Event-ID", description="Of the last event seen; files up to it are not told again.")
]


def _desk(request: Request) -> JobDesk:
    desk = service_of(request).desk
    if desk is None:
        raise JobsDisabled(
            "This service has no queue. Set REDIS_URL and start workers (python -m apps.worker) to use /v1/jobs;"
            " /v1/extract and /v1/extract-batch work without."
        )
    return desk


@router.post(
    "/v1/jobs",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobResponse,
    response_model_exclude_unset=True,
    responses=answers(401, 409, 413, 422, 429, 500, 501, 503, 504, accepted=True),
    openapi_extra=JOB_FILES,
    summary="Have one or many documents read by workers",
)
async def create_job(
    request: Request,
    owner: Owner,
    tenant: Tenant,
    *,
    include: Include = [],  # noqa: B006
    lang: Lang = "",
    queue: QueueName = None,
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """Take files and answer at once; GET the job, watch its events, or be called back when it ended."""
    desk, service = _desk(request), service_of(request)
    parts, name = includes(include), _queue_name(desk, queue or service.settings.jobs.default_queue)
    known = language(service, lang)
    with service.drain.work(), on_behalf_of(tenant):
        async with read_job_form(request, settings=service.settings.jobs, arriving=service.arriving) as form:
            parts = asked_for(parts, form.questions)
            inquiry = inquiry_of(service.pipeline.readers, include=parts, questions=form.questions)
            with service.arrivals.place():
                job = await desk.submit(
                    form.files,
                    options=JobOptions(parts, name, form.callback_url, inquiry.questions, known),
                    owner=owner,
                    idempotency_key=idempotency_key,
                    max_bytes=service.settings.upload.max_bytes,
                )
    request.state.facts = {"job": job.job_id, "files": len(job.files)}
    location = {"Location": f"/v1/jobs/{job.job_id}"}
    return await _written(job, status_code=HTTPStatus.ACCEPTED, headers=location)


def _queue_name(desk: JobDesk, name: str) -> str:
    if not desk.serves(name):
        message = "there is no such queue (JOB_QUEUES)"
        raise RequestValidationError([{"type": "queue", "loc": ("query", "queue"), "msg": message, "input": None}])
    return name


@router.get(
    "/v1/jobs/{job_id}",
    response_model=JobResponse,
    response_model_exclude_unset=True,
    responses=answers(401, 404, 422, 500, 501, 503),
    openapi_extra=TRACED | OPEN,
    summary="How far a job is, with the results it has",
)
async def get_job(request: Request, job_id: JobId, owner: Owner) -> Response:
    """The job and its files, each with its result as soon as it has one."""
    return await _written(await _desk(request).view(job_id, owner=owner))


@router.delete(
    "/v1/jobs/{job_id}",
    response_model=JobResponse,
    response_model_exclude_unset=True,
    responses=answers(401, 404, 422, 500, 501, 503),
    openapi_extra=TRACED | OPEN,
    summary="Cancel what is not done yet",
)
async def cancel_job(request: Request, job_id: JobId, owner: Owner) -> Response:
    """Files that wait are not read, files being read are stopped; results that there are stay."""
    return await _written(await _desk(request).cancel(job_id, owner=owner))


@router.get(
    "/v1/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses=answers(401, 404, 422, 500, 501, 503) | EVENTS,
    openapi_extra=TRACED | OPEN,
    summary="Watch a job (server-sent events)",
)
async def watch_job(request: Request, job_id: JobId, owner: Owner, last_event_id: LastEventId = "") -> Response:
    """`progress` where something changed, `file` for each result, `end` at last; reconnecting goes on where it was."""
    desk = _desk(request)
    job = without_outcomes(await desk.view(job_id, owner=owner))
    after = int(last_event_id) if re.fullmatch(r"\d{1,9}", last_event_id) else 0
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, desk, job, after), media_type="text/event-stream", headers=headers)


async def _events(request: Request, desk: JobDesk, job: JobView, after: int) -> AsyncIterator[str]:
    """The stream; where Redis goes away it ends, and the client's reconnecting finds out why."""
    drain, quiet, sent = service_of(request).drain, 0, after
    try:
        async for change in desk.changes(job, after=after, until=lambda: drain.begun):
            quiet = 0 if change else quiet + 1
            if change is None:
                if quiet % KEEP_ALIVE_LOOKS == 0:
                    yield ": still here\n\n"
                continue
            job, files = change
            for file in files:
                sent += 1
                yield await compute(_file_event, job, file, sent)
            yield _event("end" if job.ended_at else "progress", _progress(job).model_dump(mode="json"))
    except (QueueUnavailable, JobNotFound):  # The answer has begun: reconnecting is answered with what is wrong.
        yield ": the queue does not answer, or has lost the job\n\n"


def _file_event(job: JobView, file: FileView, event_id: int) -> str:
    return _event("file", _file(job, file), event_id=event_id)


def _event(name: str, body: dict[str, Any], *, event_id: int | None = None) -> str:
    """One event. Source: the HTML standard, section 9.2, server-sent events."""
    identity = "" if event_id is None else f"id: {event_id}\n"
    return f"{identity}event: {name}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"


async def _written(job: JobView, *, status_code: int = HTTPStatus.OK, headers: Mapping[str, str] = {}) -> Response:
    """The answer about a job, written down where nobody else waits for it: all text of 500 files takes many seconds."""

    def write() -> Response:
        body = _progress(job).model_dump(mode="json") | {"results": [_file(job, file) for file in job.files]}
        return JSONResponse(body, status_code, headers)

    return await compute(write)


def _progress(job: JobView) -> JobProgress:
    succeeded, failed, cancelled = (job.count(state) for state in ("finished", "failed", "cancelled"))
    return JobProgress(
        job_id=job.job_id,
        status=job.state,
        queue=job.options.queue,
        created_at=datetime.fromtimestamp(job.created_at, UTC),
        started_at=_when(job.started_at),
        ended_at=_when(job.ended_at),
        expires_at=_when(job.expires_at),
        files=JobFiles(
            total=len(job.files), done=len(job.settled), succeeded=succeeded, failed=failed, cancelled=cancelled
        ),
        pages=JobPages(
            done=sum(file.pages_done for file in job.files), total=sum(file.pages_total for file in job.files)
        ),
        callback=job.callback,
    )


def _when(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _file(job: JobView, file: FileView) -> dict[str, Any]:
    """A file as the client sees it: what /v1/extract would have answered, under the id of the job's own request."""
    head = {"index": file.index, "filename": file.name, "status": file.state}
    if isinstance(file.outcome, Extraction):
        include = job.options.include
        return head | present(file.outcome, cached=False, request_id=job.request_id, include=include)
    if isinstance(file.outcome, Failure):
        with request_context(RequestContext(request_id=job.request_id)):
            return head | {"problem": problem_of_failure(file.outcome.code, file.outcome.detail).body()}
    return head
