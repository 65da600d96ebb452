"""What is answered for a document, written down where nobody else waits for it.

In: an extraction. Out: JSON, as the models of schemas.py have it.
"""

from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

from fastapi.responses import JSONResponse, Response

from apps.api_gpu.details_schemas import DetailsBody
from apps.api_gpu.schema_parts import FieldDetail
from apps.api_gpu.schemas import Data, ExtractResponse, Meta, OcrDocument, OcrPage, OcrSpan, Review, UnreadablePage
from apps.api_gpu.service import Served
from lib import document
from lib.computing import compute
from lib.extraction import Details, Extraction
from lib.pipelines.ocr.scripts import SCRIPTS
from lib.telemetry import current_request

LONG_PARTS = frozenset({"details", "ocr"})
"""Parts of an answer that have no bound of their own but that of the document."""


async def presented(served: Served, *, include: frozenset[str]) -> dict[str, Any]:
    """The JSON for the current request, with the parts it asked for.

    All the text or all the items of a long document take long to write down; the six fields take less than a thread.
    """
    request_id = current_request().request_id
    write = partial(present, served.extraction, cached=served.cached, request_id=request_id, include=include)
    return await compute(write) if include & LONG_PARTS else write()


async def answered(body: dict[str, Any], *, include: frozenset[str]) -> Response:
    """The answer that has this JSON; the framework, which would check all of it once more, is passed by."""
    return await compute(JSONResponse, body) if include & LONG_PARTS else JSONResponse(body)


def present(extraction: Extraction, *, cached: bool, request_id: str, include: frozenset[str]) -> dict[str, Any]:
    """An extraction as the JSON that a client gets, with the parts it asked for."""
    is_said = "unreadable_script" in extraction.warnings
    unreadable = [_unreadable(page) for page in extraction.document.pages if is_said and page.unreadable]
    response = ExtractResponse(
        data=Data.model_validate({field.key: field.value for field in extraction.fields}),
        meta=Meta(
            request_id=request_id,
            model_version=extraction.model_version,
            ruleset_version=extraction.ruleset_version,
            reader=extraction.reader,
            source=extraction.source,
            pages=len(extraction.document.pages),
            degraded=extraction.degraded,
            cached=cached,
            warnings=list(extraction.warnings),
            review=Review(needed=extraction.review.needed, reasons=list(extraction.review.reasons)),
            timings_ms=extraction.timings_ms,
            unreadable=unreadable or None,
        ),
        fields=_fields(extraction) if "fields" in include else None,
        details=_details(extraction) if "details" in include else None,
        ocr=OcrDocument(pages=[_page(page) for page in extraction.document.pages]) if "ocr" in include else None,
    )
    left_out: dict[str, Any] = dict.fromkeys({"fields", "details", "ocr"} - include, True)
    return response.model_dump(mode="json", exclude=left_out if unreadable else left_out | {"meta": {"unreadable"}})


def _fields(extraction: Extraction) -> dict[str, FieldDetail]:
    """The six fields, then what was asked beyond them."""
    return {field.key: _detail(field) for field in (*extraction.fields, *extraction.extras)}


def _details(extraction: Extraction) -> DetailsBody:
    details = extraction.details or Details()
    shown = {each.name: _shown(getattr(details, each.name)) for each in fields(details)}
    return DetailsBody.model_validate(shown | {"by_reader": extraction.details_by_reader})


def _shown(part: object) -> object:
    """A leaf as its cell, and what holds leaves as the same with cells."""
    if isinstance(part, document.Field):
        return _detail(part)
    if isinstance(part, tuple):
        return [_shown(each) for each in part]
    if is_dataclass(part):
        return {each.name: _shown(getattr(part, each.name)) for each in fields(part)}
    return None


def _detail(field: document.Field) -> FieldDetail:
    return FieldDetail(
        value=field.value,
        text=field.raw,
        confidence=round(field.confidence, 3),
        page_no=None if field.page_index is None else field.page_index + 1,
        bbox=None if field.bbox is None else _rounded(field.bbox),
        problem=field.problem,
    )


def _page(page: document.Page) -> OcrPage:
    spans = [OcrSpan(text=s.text, bbox=_rounded(s.bbox), confidence=round(s.confidence, 3)) for s in page.spans]
    return OcrPage(
        page_no=page.page_index + 1,
        width=page.width,
        height=page.height,
        rotation=page.rotation,
        source=page.source,
        spans=spans,
    )


def _rounded(bbox: document.BBox) -> list[float]:
    return [round(value, 1) for value in bbox.as_list()]


def _unreadable(page: document.Page) -> UnreadablePage:
    """What to install for a page that cannot be read."""
    packages = {script.name: script.package for script in SCRIPTS}
    scripts = [name for name in page.missing_scripts if name in packages]
    return UnreadablePage(page_no=page.page_index + 1, scripts=scripts, install=[packages[name] for name in scripts])
