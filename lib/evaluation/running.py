"""Labelled documents -> predictions, a bounded number at a time.

In: documents, and something that predicts one. Out: predictions in the documents' order. A document that fails is a
result like any other: its prediction says so, and the others go on.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeAlias

import anyio
import httpx

from lib.document import OcrDocument
from lib.errors import ExtractionError
from lib.evaluation.boxes import read_boxes
from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.prediction import Prediction, from_extraction, from_line, from_response
from lib.extraction import Extraction
from lib.pipelines.tilt_prep import assemble

REQUEST_LIMIT_S = 300.0
PDF = "application/pdf"

Predict: TypeAlias = Callable[[LabelledDocument], Awaitable[Prediction]]
Prepare: TypeAlias = Callable[[bytes], Awaitable[bytes]]
"""What is done to a PDF before it is sent, such as making a scan of it."""


class Extracting(Protocol):
    """The pipeline, for an upload and for a document whose text is known."""

    async def extract(self, content: bytes) -> Extraction:
        """The fields of an upload."""

    async def answer(self, document: OcrDocument) -> Extraction:
        """The fields of a document."""


async def run(
    documents: Sequence[LabelledDocument],
    *,
    predict: Predict,
    workers: int,
    on_done: Callable[[Prediction], None] = lambda _: None,
) -> dict[str, Prediction]:
    """Predict every document.

    Args:
        documents: In any order, which the result keeps.
        predict: Predicts one; it never raises.
        workers: How many documents are worked on at once.
        on_done: Called with each prediction as it comes.
    """
    limiter = anyio.CapacityLimiter(workers)
    done: dict[str, Prediction] = {}

    async def one(document: LabelledDocument) -> None:
        async with limiter:
            done[document.id] = await predict(document)
        on_done(done[document.id])

    async with anyio.create_task_group() as tasks:
        for document in documents:
            tasks.start_soon(one, document)
    return {document.id: done[document.id] for document in documents}


def in_process(extractor: Extracting, *, prepare: Prepare | None = None) -> Predict:
    """Predict with a pipeline of this process; a document without a file is answered from its word boxes."""

    async def predict(document: LabelledDocument) -> Prediction:
        start = time.perf_counter()
        try:
            if document.path is None:
                extraction = await extractor.answer(_from_boxes(document))
            else:
                content = await _content(document, prepare)
                start = time.perf_counter()
                extraction = await extractor.extract(content)
        except ExtractionError as exc:
            return _failed(document, start, exc.code)
        except Exception as exc:  # noqa: BLE001 - a defect that one document shows must not cost the other results
            return _failed(document, start, type(exc).__name__)
        return from_extraction(document.id, extraction, seconds=time.perf_counter() - start)

    return predict


def over_http(client: httpx.AsyncClient, *, prepare: Prepare | None = None) -> Predict:
    """Predict by a running service, as a user would post the file; documents need one.

    Args:
        client: With the service's base URL and, where it asks for one, a key in its headers.
        prepare: Done to a PDF first.
    """

    async def predict(document: LabelledDocument) -> Prediction:
        start = time.perf_counter()
        try:
            content = await _content(document, prepare)
            start = time.perf_counter()
            files = {"file": (_path_of(document).name, content, document.media_type)}
            answer = await client.post(
                "/v1/extract", params={"include": "fields,ocr"}, files=files, timeout=REQUEST_LIMIT_S
            )
            seconds = time.perf_counter() - start
            if answer.status_code != httpx.codes.OK:
                return _failed(document, start, f"{answer.status_code} {_code_of(answer)}")
            return from_response(document.id, answer.json(), seconds=seconds)
        except (httpx.HTTPError, ExtractionError, OSError, ValueError, KeyError, TypeError) as exc:
            return _failed(document, start, type(exc).__name__)

    return predict


def read_predictions(path: Path) -> dict[str, Prediction]:
    """The predictions of a file, by document.

    Raises:
        ValueError: A line is none; says which.
    """
    predictions = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                prediction = from_line(line)
            except (ValueError, KeyError, TypeError, AttributeError) as exc:
                raise ValueError(f"{path}, line {number}: not a prediction ({exc}).") from exc
            predictions[prediction.document_id] = prediction
    return predictions


def with_boxes(predictions: Mapping[str, Prediction], documents: Iterable[LabelledDocument]) -> dict[str, Prediction]:
    """The predictions, with the words that come with the labels where nobody knows what was read.

    Raises:
        ValueError: A box file is in neither format.
    """
    known = dict(predictions)
    for document in documents:
        prediction = known.get(document.id)
        if prediction is not None and prediction.document is None and document.boxes is not None:
            known[document.id] = replace(prediction, document=_from_boxes(document))
    return known


def _path_of(document: LabelledDocument) -> Path:
    if document.path is None:
        raise ValueError(f"{document.id} has no file to post; evaluate it in process.")
    return document.path


async def _content(document: LabelledDocument, prepare: Prepare | None) -> bytes:
    content = await anyio.Path(_path_of(document)).read_bytes()
    return await prepare(content) if prepare and document.media_type == PDF else content


def _from_boxes(document: LabelledDocument) -> OcrDocument:
    if document.boxes is None:
        raise ValueError(f"{document.id} has neither a file nor word boxes.")
    return assemble([read_boxes(document.boxes)])


def _failed(document: LabelledDocument, start: float, error: str) -> Prediction:
    return Prediction(document.id, seconds=time.perf_counter() - start, error=error)


def _code_of(answer: httpx.Response) -> str:
    """The code of a problem answer; its detail stays out, it may be long."""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "without a problem code"
