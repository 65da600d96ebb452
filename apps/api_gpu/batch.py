"""Many files in one request: each read beside the others, each with its own result.

In: the files of a form. Out: one result each, in their order. A file that fails fails alone.
"""

from collections.abc import Sequence
from typing import Any

import anyio
from starlette.datastructures import UploadFile

from apps.api_gpu.admission import shared
from apps.api_gpu.errors import problem_of
from apps.api_gpu.presentation import presented
from apps.api_gpu.service import Service
from lib.document import Inquiry
from lib.pipelines.extract import OcrPlace


async def extract_all(
    service: Service, files: Sequence[UploadFile], *, include: frozenset[str], inquiry: Inquiry
) -> list[dict[str, Any]]:
    """Extract every file, some at the same time: enough to keep engines and the TILT server busy, no more in memory.

    Returns:
        For each file, in order: `index`, `filename`, and either `data` and `meta` or `problem`.
    """
    results: list[dict[str, Any]] = [{} for _ in files]
    settings = service.settings
    at_once = anyio.CapacityLimiter(settings.ocr.concurrency + (settings.tilt.concurrency if service.tilt else 2))

    async def one(index: int, file: UploadFile, place: OcrPlace) -> None:
        async with at_once:
            outcome = await _outcome(service, file, place, include=include, inquiry=inquiry)
        results[index] = {"index": index, "filename": file.filename, **outcome}

    with shared(service.queue.place) as place:
        async with anyio.create_task_group() as group:
            for index, file in enumerate(files):
                group.start_soon(one, index, file, place)
    return results


async def _outcome(
    service: Service, file: UploadFile, place: OcrPlace, *, include: frozenset[str], inquiry: Inquiry
) -> dict[str, Any]:
    try:
        served = await service.extract(await file.read(), inquiry=inquiry, ocr_place=place)
    except Exception as exc:  # noqa: BLE001 - whatever one file does, the others get their results
        return {"problem": problem_of(exc).body()}
    return await presented(served, include=include)
