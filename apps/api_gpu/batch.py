"""Many files in one request: each read beside the others, each with its own result.

In: the files of a form. Out: one result each, in their order. A file that fails fails alone; only where all are told to
come again later is the whole batch.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import anyio
from starlette.datastructures import UploadFile

from apps.api_gpu.errors import STATUS, problem_of
from apps.api_gpu.places import shared
from apps.api_gpu.presentation import presented
from apps.api_gpu.service import Service
from lib.document import Inquiry
from lib.errors import ExtractionError
from lib.pipelines.extract import OcrPlace


async def extract_all(
    service: Service, files: Sequence[UploadFile], *, include: frozenset[str], inquiry: Inquiry
) -> list[dict[str, Any]]:
    """Extract every file, some at the same time: enough to keep engines and the TILT server busy, no more in memory.

    Returns:
        For each file, in order: `index`, `filename`, and either `data` and `meta` or `problem`.

    Raises:
        ExtractionError: Every file is to be sent again later.
    """
    outcomes: list[dict[str, Any] | Exception] = [{} for _ in files]
    settings = service.settings
    at_once = anyio.CapacityLimiter(settings.ocr.concurrency + (settings.tilt.concurrency if service.tilt else 2))

    async def one(index: int, file: UploadFile, place: OcrPlace) -> None:
        async with at_once:
            outcomes[index] = await _outcome(service, file, place, include=include, inquiry=inquiry)

    with shared(service.queue.place) as place:
        async with anyio.create_task_group() as group:
            for index, file in enumerate(files):
                group.start_soon(one, index, file, place)
    if refusal := _refusal_of_all(outcomes):
        raise refusal
    return [
        {"index": index, "filename": file.filename, **_shown(outcome)}
        for index, (file, outcome) in enumerate(zip(files, outcomes, strict=True))
    ]


async def _outcome(
    service: Service, file: UploadFile, place: OcrPlace, *, include: frozenset[str], inquiry: Inquiry
) -> dict[str, Any] | Exception:
    try:
        served = await service.extract(await file.read(), inquiry=inquiry, ocr_place=place)
    except Exception as exc:  # noqa: BLE001 - whatever one file does, the others get their results
        return exc
    return await presented(served, include=include)


def _shown(outcome: dict[str, Any] | Exception) -> dict[str, Any]:
    return {"problem": problem_of(outcome).body()} if isinstance(outcome, Exception) else outcome


def _refusal_of_all(outcomes: Sequence[dict[str, Any] | Exception]) -> ExtractionError | None:
    """The refusal that asks for the longest wait, where every file got one; None where any file got anything else."""
    refusals = [
        outcome
        for outcome in outcomes
        if isinstance(outcome, ExtractionError) and STATUS[type(outcome)] == HTTPStatus.SERVICE_UNAVAILABLE
    ]
    if len(refusals) < len(outcomes):
        return None
    return max(refusals, key=lambda refusal: refusal.retry_after_s or 0.0)
