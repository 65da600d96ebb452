"""What is answered for a document, written down where nobody else waits for it.

In: an extraction that was served. Out: the JSON of `schemas.present`.
"""

from functools import partial
from typing import Any

from apps.api_gpu.schemas import present
from apps.api_gpu.service import Served
from lib.computing import compute
from lib.telemetry import current_request


async def presented(served: Served, *, include: frozenset[str]) -> dict[str, Any]:
    """The JSON for the current request, with the parts it asked for.

    All the text of a long document takes a second to write down; the six fields take less than a thread does.
    """
    request_id = current_request().request_id
    write = partial(present, served.extraction, cached=served.cached, request_id=request_id, include=include)
    return await compute(write) if "ocr" in include else write()
