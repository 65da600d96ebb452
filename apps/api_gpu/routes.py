"""The endpoints: what comes in, whom to ask, what goes out. No logic.

In: requests. Out: the models of schemas.py. The running parts stand in `app.state.service`, put there by main.py.
"""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.api_gpu.auth import require_key
from apps.api_gpu.schemas import ExtractResponse, Health, OcrHealth, ProblemBody, TiltState, present
from apps.api_gpu.service import VERSION, Service
from apps.api_gpu.uploads import read_one_file
from lib.telemetry import current_request

router = APIRouter()

INCLUDES = frozenset({"fields", "ocr"})

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemBody, "content": {"application/problem+json": {}}, "description": description}
    for status, description in {
        400: "The document is empty, truncated, corrupt, encrypted or has no pages.",
        401: "API_KEYS is set, and the request has none of them.",
        413: "More bytes, pages or pixels than allowed.",
        415: "The content is of no accepted type.",
        422: "The form itself is wrong: no file, two files, an unknown include.",
        500: "A defect of the service.",
        502: "The TILT server answered nonsense.",
        503: "Nothing is free, or the TILT server is down; try again after Retry-After.",
        504: "The request's deadline passed.",
    }.items()
}

ONE_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "PDF, JPG or PNG"}},
                }
            }
        },
    }
}


def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


def _includes(include: list[str]) -> frozenset[str]:
    """The parts asked for, `?include=a,b` and `?include=a&include=b` alike.

    Raises:
        RequestValidationError: One of them is unknown.
    """
    parts = frozenset(part for value in include for part in value.split(",") if part)
    if unknown := parts - INCLUDES:
        message = f"{len(unknown)} unknown; known are {', '.join(sorted(INCLUDES))}"
        raise RequestValidationError([{"type": "include", "loc": ("query", "include"), "msg": message, "input": None}])
    return parts


@router.post(
    "/v1/extract",
    response_model=ExtractResponse,
    response_model_exclude_unset=True,
    responses=PROBLEMS,
    openapi_extra=ONE_FILE,
    dependencies=[Depends(require_key)],
    summary="Extract the six fields of one document",
)
async def extract(request: Request, include: Annotated[list[str], Query()] = []) -> dict[str, Any]:  # noqa: B006
    """Read one invoice or receipt (PDF, JPG, PNG); `?include=fields,ocr` adds where each field stands and all text."""
    service, parts = _service(request), _includes(include)
    content = await read_one_file(request, settings=service.settings.upload)
    extraction = await service.extract(content)
    request.state.facts = {
        "reader": extraction.reader,
        "source": extraction.source,
        "pages": len(extraction.document.pages),
        **{f"{stage}_ms": milliseconds for stage, milliseconds in extraction.timings_ms.items()},
    }
    return present(extraction, request_id=current_request().request_id, include=parts)


@router.get("/v1/health", summary="The state of the service")
async def health(request: Request) -> Health:
    """Always 200 and cheap; `status` is `degraded` while a part that was configured does not work."""
    service = _service(request)
    settings, pipeline = service.settings.ocr, service.pipeline
    tilt = _tilt_state(service)
    return Health(
        status="ok" if tilt is None or tilt.reachable else "degraded",
        version=VERSION,
        reader=pipeline.readers.name,
        model_version=pipeline.readers.model_version,
        ocr=OcrHealth(
            engine=settings.engine,
            lang=settings.lang,
            engines=settings.concurrency,
            busy=pipeline.ocr.busy,
            waiting=pipeline.ocr.waiting,
        ),
        tilt=tilt,
    )


def _tilt_state(service: Service) -> TiltState | None:
    if service.tilt is None:
        return None
    seen, breaker = service.tilt.latest, service.tilt.breaker
    if seen is None:
        return TiltState(reachable=False, model=None, latency_ms=None, breaker=breaker, problem="not_looked_at_yet")
    latency_ms = None if seen.latency_ms is None else round(seen.latency_ms, 1)
    return TiltState(
        reachable=seen.reachable, model=seen.model, latency_ms=latency_ms, breaker=breaker, problem=seen.problem
    )


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """The metrics in Prometheus' text format."""
    return Response(generate_latest(_service(request).collect().registry), media_type=CONTENT_TYPE_LATEST)
