"""The endpoints: what comes in, whom to ask, what goes out. No logic.

In: requests. Out: the models of schemas.py and health_schemas.py. The running parts stand in `app.state.service`, put
there by main.py.
"""

from functools import partial
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from apps.api_gpu.admission import while_connected
from apps.api_gpu.auth import tenant_of
from apps.api_gpu.batch import extract_all
from apps.api_gpu.description import INCLUDE, INCLUDE_MEANING, LANG_MEANING, MANY_FILES, ONE_FILE, TRACED, answers
from apps.api_gpu.health_schemas import Health, OcrHealth, QueueState, Readiness, TiltState
from apps.api_gpu.presentation import answered, presented
from apps.api_gpu.questions import inquiry_of
from apps.api_gpu.schemas import BatchResponse, ExtractResponse
from apps.api_gpu.service import VERSION, Served, Service
from apps.api_gpu.uploads import read_files, read_one_file
from lib.computing import standstill_s
from lib.document import Question
from lib.fair_queue import Owner, on_behalf_of
from lib.pipelines.extract import SIX
from lib.pipelines.ocr.auto import chosen_engine
from lib.telemetry import current_request

router = APIRouter(generate_unique_id_function=lambda route: route.name)

INCLUDES = frozenset({"fields", "details", "ocr"})

Tenant = Annotated[Owner, Depends(tenant_of)]
Include = Annotated[list[str], Query(description=INCLUDE_MEANING, json_schema_extra=INCLUDE)]
Lang = Annotated[str, Query(description=LANG_MEANING)]


def service_of(request: Request) -> Service:
    """The running parts."""
    return cast("Service", request.app.state.service)


def includes(include: list[str]) -> frozenset[str]:
    """The parts asked for, `?include=a,b` and `?include=a&include=b` alike.

    Raises:
        RequestValidationError: One of them is unknown.
    """
    parts = frozenset(part for value in include if value for part in value.split(","))
    if unknown := parts - INCLUDES:
        message = f"{len(unknown)} unknown; known are {', '.join(sorted(INCLUDES))}"
        raise RequestValidationError([{"type": "include", "loc": ("query", "include"), "msg": message, "input": None}])
    return parts


def language(service: Service, lang: str) -> str:
    """The language asked for, if the service reads it; empty where it is OCR_LANG, or nobody asked.

    Raises:
        RequestValidationError: It does not.
    """
    settings = service.settings.ocr
    if lang and lang not in settings.languages:
        message = f"not configured; configured are {', '.join(settings.languages)} (OCR_LANG, OCR_LANGS)"
        raise RequestValidationError([{"type": "lang", "loc": ("query", "lang"), "msg": message, "input": None}])
    return "" if lang == settings.lang else lang


def asked_for(parts: frozenset[str], questions: tuple[Question, ...]) -> frozenset[str]:
    """The parts of an answer: whoever asks questions wants the fields, where their answers are."""
    return parts | {"fields"} if questions else parts


@router.post(
    "/v1/extract",
    response_model=ExtractResponse,
    response_model_exclude_unset=True,
    responses=answers(400, 401, 413, 415, 422, 429, 500, 502, 503, 504),
    openapi_extra=ONE_FILE,
    summary="Extract the six fields of one document",
)
async def extract(request: Request, tenant: Tenant, include: Include = [], lang: Lang = "") -> Response:  # noqa: B006
    """Read one invoice or receipt (PDF, JPG, PNG); `?include=fields,ocr` adds where each field stands and all text."""
    service, parts = service_of(request), includes(include)
    known = language(service, lang)
    with service.drain.work(), on_behalf_of(tenant):
        form = await read_one_file(request, settings=service.settings.upload, arriving=service.arriving)
        parts = asked_for(parts, form.questions)
        inquiry = inquiry_of(service.pipeline.readers, include=parts, questions=form.questions, lang=known)
        with service.arrivals.place():
            served = await while_connected(request, partial(service.extract, form.content, inquiry=inquiry))
    request.state.facts = _facts(served)
    return await answered(await presented(served, include=parts), include=parts)


@router.post(
    "/v1/extract-batch",
    response_model=BatchResponse,
    response_model_exclude_unset=True,
    responses=answers(401, 413, 422, 429, 500, 503, 504),
    openapi_extra=MANY_FILES,
    summary="Extract the six fields of several documents",
)
async def extract_batch(
    request: Request,
    tenant: Tenant,
    include: Include = [],  # noqa: B006
    lang: Lang = "",
) -> Response:
    """Read several documents at once; results in the order of the files, each with its own data or problem."""
    service, parts = service_of(request), includes(include)
    known = language(service, lang)
    with service.drain.work(), on_behalf_of(tenant):
        async with read_files(request, settings=service.settings.api, arriving=service.arriving) as form:
            parts = asked_for(parts, form.questions)
            inquiry = inquiry_of(service.pipeline.readers, include=parts, questions=form.questions, lang=known)
            extracting = partial(extract_all, service, form.files, include=parts, inquiry=inquiry)
            with service.arrivals.place():
                results = await while_connected(request, extracting)
    failed = sum("problem" in result for result in results)
    meta = {"request_id": current_request().request_id, "files": len(results)}
    request.state.facts = {"files": len(results), "failed": failed}
    meta |= {"succeeded": len(results) - failed, "failed": failed}
    return await answered({"results": results, "meta": meta}, include=parts)


def _facts(served: Served) -> dict[str, object]:
    """What the log line of a request says about its document: nothing that the document says."""
    extraction = served.extraction
    return {
        "reader": extraction.reader,
        "source": extraction.source,
        "pages": len(extraction.document.pages),
        "cached": served.cached,
        "degraded": extraction.degraded,
        "warnings": list(extraction.warnings),
        "review": list(extraction.review.reasons),
    }


@router.head("/livez", include_in_schema=False)
@router.get(
    "/livez",
    response_class=Response,
    responses=answers()
    | {503: {"description": "Work waits, and none has been finished for REQUEST_TIMEOUT_S: restart."}},
    openapi_extra=TRACED,
    summary="Whether the process works",
)
async def live(request: Request) -> Response:
    """200 while the process answers and what waits in it is done; 503 where only a restart would help."""
    stands_still = standstill_s() >= service_of(request).settings.api.request_timeout_s
    return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE if stands_still else HTTPStatus.OK)


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    response_model=Readiness,
    responses=answers() | {503: {"model": Readiness, "description": "Send no work here."}},
    openapi_extra=TRACED,
    summary="Whether work sent here would be done",
)
async def ready(request: Request, response: Response) -> Readiness:
    """200 where it would be begun; else 503 with the `reasons`: a full queue, work that is stuck, no TILT, draining."""
    service = service_of(request)
    reasons = service.not_ready_because
    if reasons:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    age = service.last_success_age_s
    return Readiness(
        ready=not reasons,
        reasons=list(reasons),
        draining=service.drain.begun,
        last_success_age_s=None if age is None else round(age, 1),
    )


@router.head("/v1/health", include_in_schema=False)
@router.get("/v1/health", responses=answers(), openapi_extra=TRACED, summary="The state of the service")
async def health(request: Request) -> Health:
    """Always 200 and cheap; `status` is `degraded` while a part that was configured does not work."""
    service = service_of(request)
    settings, pipeline = service.settings.ocr, service.pipeline
    engine, why = chosen_engine(settings.engine)
    tilt = _tilt_state(service)
    return Health(
        status="degraded" if service.is_degraded or service.is_queue_degraded else "ok",
        version=VERSION,
        reader=pipeline.readers.name,
        model_version=pipeline.readers.model_version,
        ocr=OcrHealth(
            engine=engine,
            engine_reason=why,
            speed=pipeline.extractor.speed_for(SIX),
            lang=settings.lang,
            langs=list(settings.languages),
            engines=settings.concurrency,
            busy=pipeline.ocr.busy,
            waiting=pipeline.ocr.waiting,
        ),
        tilt=tilt,
        jobs=_queue_state(service),
    )


def _queue_state(service: Service) -> QueueState | None:
    if service.desk is None:
        return None
    seen = service.desk.latest
    if seen is None:
        return QueueState(reachable=False, waiting=None, running=None, oldest_s=None, workers=None, stuck=None)
    return QueueState(
        reachable=True,
        waiting=sum(seen.waiting.values()),
        running=seen.running,
        oldest_s=round(seen.oldest_s, 1),
        workers=seen.workers,
        stuck=seen.stuck,
    )


def _tilt_state(service: Service) -> TiltState | None:
    if service.tilt is None:
        return None
    seen, breaker = service.tilt.latest, service.tilt.breaker
    if seen is None:
        return TiltState(
            reachable=False, model=None, latency_ms=None, breaker=breaker, problem="not_looked_at_yet", detail=None
        )
    latency_ms = None if seen.latency_ms is None else round(seen.latency_ms, 1)
    return TiltState(
        reachable=seen.reachable,
        model=seen.model,
        latency_ms=latency_ms,
        breaker=breaker,
        problem=seen.problem,
        detail=seen.detail,
    )


@router.get(
    "/metrics", response_class=PlainTextResponse, responses=answers(), openapi_extra=TRACED, summary="For Prometheus"
)
async def metrics(request: Request) -> Response:
    """The metrics in Prometheus' text format; 404 where API_METRICS is off."""
    if not service_of(request).settings.api.metrics:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(generate_latest(service_of(request).collect().registry), media_type=CONTENT_TYPE_LATEST)
