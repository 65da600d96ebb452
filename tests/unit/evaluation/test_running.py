"""Running documents through a pipeline or a service."""

from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest

from lib.document import OcrDocument
from lib.errors import UnreadableDocument
from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.prediction import Prediction
from lib.evaluation.running import in_process, over_http, read_predictions, run
from lib.extraction import Extraction
from tests.unit.evaluation.examples import document_of

pytestmark = pytest.mark.anyio


def document(document_id: str, *, path: Path | None = None, boxes: Path | None = None) -> LabelledDocument:
    """A document with or without a file."""
    return LabelledDocument(document_id, "own", "receipt", "MIT", {}, path, boxes, "application/pdf")


class Reading:
    """A pipeline that answers with what it was given."""

    def __init__(self) -> None:
        self.uploads: list[bytes] = []

    async def extract(self, content: bytes) -> Extraction:
        """Refuse a document named so; fail on another; read the rest."""
        self.uploads.append(content)
        if content == b"unreadable":
            raise UnreadableDocument("It is damaged.")
        if content == b"defect":
            raise IndexError("a message that may quote the document")
        return Extraction((), document_of(content.decode()), "layout", "layout-1", "1", "ocr")

    async def answer(self, document: OcrDocument) -> Extraction:
        """Give the document back."""
        return Extraction((), document, "layout", "layout-1", "1", "ocr")


async def test_run_keeps_order_and_bounds_the_work() -> None:
    """However long each takes, results come in the documents' order, and no more than `workers` are under way."""
    under_way = most = 0

    async def predict(one: LabelledDocument) -> Prediction:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.sleep(0.01 if one.id == "a" else 0)
        under_way -= 1
        return Prediction(one.id)

    seen: list[str] = []
    predictions = await run(
        [document(each) for each in "abcde"],
        predict=predict,
        workers=2,
        on_done=lambda prediction: seen.append(prediction.document_id),
    )

    assert list(predictions) == list("abcde")
    assert sorted(seen) == list("abcde")
    assert most == 2


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b"fine", None, id="read"),
        pytest.param(b"unreadable", "unreadable_document", id="refused"),
        pytest.param(b"defect", "IndexError", id="defect"),
    ],
)
async def test_in_process_of_a_file_gives_answers_or_the_error(
    tmp_path: Path, content: bytes, error: str | None
) -> None:
    """A refusal and a defect are results; a defect's message stays out."""
    (tmp_path / "a.pdf").write_bytes(content)

    prediction = await in_process(Reading())(document("a", path=tmp_path / "a.pdf"))

    assert prediction.error == error
    assert (prediction.document is None) is (error is not None)


async def test_in_process_of_word_boxes_reads_them_as_words(tmp_path: Path) -> None:
    """A document without a file is answered from its boxes, in reading order."""
    boxes = tmp_path / "a.csv"
    boxes.write_text("100,5,150,5,150,25,100,25,9.00\n10,5,90,5,90,25,10,25,TOTAL RM\n", encoding="utf-8")

    prediction = await in_process(Reading())(document("a", boxes=boxes))

    assert prediction.document is not None
    assert [word.text for word in prediction.document.pages[0].words] == ["TOTAL", "RM", "9.00"]


async def test_in_process_prepares_pdfs_and_nothing_else(tmp_path: Path) -> None:
    """What turns PDFs into scans leaves images alone."""
    (tmp_path / "a").write_bytes(b"x")
    reading = Reading()

    async def prepare(content: bytes) -> bytes:
        return content + b" scanned"

    predict = in_process(reading, prepare=prepare)
    await predict(document("a", path=tmp_path / "a"))
    await predict(LabelledDocument("b", "own", "receipt", "MIT", {}, tmp_path / "a", None, "image/png"))

    assert reading.uploads == [b"x scanned", b"x"]


Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler) -> httpx.AsyncClient:
    """A client of a service that answers by `handler`."""
    return httpx.AsyncClient(base_url="http://service", transport=httpx.MockTransport(handler))


async def posted(handler: Handler, tmp_path: Path) -> Prediction:
    """The prediction for one posted file."""
    (tmp_path / "a.pdf").write_bytes(b"content")
    async with client(handler) as service:
        return await over_http(service)(document("a", path=tmp_path / "a.pdf"))


async def test_over_http_posts_the_file_as_a_user_would(tmp_path: Path) -> None:
    """A form with one file, its name and its type; fields and text are asked for."""

    def handler(request: httpx.Request) -> httpx.Response:
        assert (request.url.path, request.url.params["include"]) == ("/v1/extract", "fields,ocr")
        assert b'name="file"; filename="a.pdf"\r\nContent-Type: application/pdf' in request.content
        return httpx.Response(200, json={"data": {"total": 12.1}, "fields": {"total": {"confidence": 0.9}}})

    prediction = await posted(handler, tmp_path)

    assert prediction.error is None
    assert (prediction.of("total").value, prediction.of("total").confidence) == (12.1, 0.9)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        pytest.param(
            httpx.Response(415, json={"code": "unsupported_media_type"}), "415 unsupported_media_type", id="415"
        ),
        pytest.param(httpx.Response(502, text="<html>"), "502 without a problem code", id="no problem body"),
        pytest.param(httpx.Response(200, text="<html>"), "JSONDecodeError", id="200 without JSON"),
        pytest.param(httpx.Response(200, json={}), "ValueError", id="200 without data"),
        pytest.param(httpx.Response(200, json={"data": {}, "ocr": {"pages": [{}]}}), "KeyError", id="broken text"),
    ],
)
async def test_over_http_of_bad_answer_is_an_error(tmp_path: Path, response: httpx.Response, error: str) -> None:
    """Whatever a service answers instead of fields counts as failed."""
    prediction = await posted(lambda _: response, tmp_path)

    assert prediction.error == error


async def test_over_http_of_service_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """A refused connection is a result of this document, and the others go on."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    prediction = await posted(refuse, tmp_path)

    assert prediction.error == "ConnectError"


async def test_over_http_of_document_without_file_is_an_error() -> None:
    """There is nothing to post."""
    async with client(lambda _: httpx.Response(200)) as service:
        prediction = await over_http(service)(document("a"))

    assert prediction.error == "ValueError"


def test_read_predictions_names_the_line_that_is_none(tmp_path: Path) -> None:
    """A predictions file with a broken line is refused as a whole."""
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a", "data": {"total": 1}}\n\n{"data": {}}\n', encoding="utf-8")

    with pytest.raises(ValueError, match="line 3"):
        read_predictions(path)


def test_read_predictions_by_document(tmp_path: Path) -> None:
    """Each line is found by its document's id."""
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a", "data": {"total": 1}}\n{"id": "b", "data": null}\n', encoding="utf-8")

    predictions = read_predictions(path)

    assert predictions["a"].of("total").value == 1
    assert predictions["b"].of("total").value is None
