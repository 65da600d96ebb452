"""Questions beyond the six fields, through the whole service and a TILT server that is the mock."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from lib.document import EXTRA_KEYS, FIELD_KEYS, Answer, OcrDocument, Question
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.tilt.health import TINY_QUESTIONS
from lib.settings import load_settings
from scripts.mock_vllm import create_app as create_mock
from tests.conftest import ROOT
from tests.einvoices import hybrid_pdf, ubl_xml
from tests.integration.conftest import BlankOcr, service
from tests.integration.test_tilt import TILT, with_mock

pytestmark = pytest.mark.anyio

PDF = (ROOT / "tests" / "samples" / "invoice-eur-de.pdf").read_bytes()
CYRILLIC = (ROOT / "tests" / "samples" / "invoice-uah-uk.pdf").read_bytes()
OWN = {"street": "Industrieweg 12", "moon": "Mare Imbrium", "nothing": None}
QUESTIONS = json.dumps([{"key": key, "text": f"What is the {key}?"} for key in OWN])


@dataclass
class Knowing:
    """A TILT server's reader that answers OWN, too; it keeps what it was asked about documents."""

    asked: list[list[str]] = field(default_factory=list)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """What the embedded reader finds, and OWN."""
        if [question.text for question in questions] != [question.text for question in TINY_QUESTIONS]:
            self.asked.append([question.key for question in questions])
        found = {answer.key: answer for answer in LayoutReader().answer(document, questions)}
        return tuple(found[q.key] if q.key not in OWN else Answer(q.key, OWN[q.key], 0.9) for q in questions)


@asynccontextmanager
async def with_knowing(
    reader: Knowing | None = None, environ: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, whose TILT server knows the answers."""
    mock = create_mock(load_settings({}), reader=reader or Knowing())
    async with service(TILT | dict(environ or {}), ocr=BlankOcr(), tilt_transport=httpx.ASGITransport(mock)) as client:
        yield client


async def extract(client: httpx.AsyncClient, content: bytes = PDF, query: str = "") -> httpx.Response:
    """Ask the questions about a document."""
    form = {"questions": QUESTIONS}
    return await client.post(f"/v1/extract{query}", files={"file": ("a.pdf", content)}, data=form)


def told(fields: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """(value, problem) of the answers to OWN."""
    return {key: (fields[key]["value"], fields[key]["problem"]) for key in OWN}


async def test_questions_are_answered_beside_the_fields_and_grounded() -> None:
    """What stands in the document has its place; what does not is null; `data` keeps its six keys."""
    reader = Knowing()
    async with with_knowing(reader) as client:
        body = (await extract(client)).json()

    assert tuple(body["data"]) == FIELD_KEYS
    assert tuple(body["fields"]) == (*FIELD_KEYS, *EXTRA_KEYS, *OWN)
    assert told(body["fields"]) == {
        "street": ("Industrieweg 12", None),
        "moon": (None, "ungrounded"),
        "nothing": (None, "not_found"),
    }
    assert (body["fields"]["street"]["page_no"], len(body["fields"]["street"]["bbox"])) == (1, 4)
    assert body["meta"]["warnings"] == []
    assert reader.asked == [[*FIELD_KEYS, *EXTRA_KEYS, *OWN]]


async def test_extras_come_with_the_fields_and_only_then() -> None:
    """The TILT server is asked for them at once with the six, where a client wants them."""
    reader = Knowing()
    async with with_knowing(reader) as client:
        plain = (await client.post("/v1/extract", files={"file": PDF})).json()
        detailed = (await client.post("/v1/extract?include=fields", files={"file": PDF})).json()

    assert "fields" not in plain
    assert reader.asked == [list(FIELD_KEYS), [*FIELD_KEYS, *EXTRA_KEYS]]
    assert detailed["data"] == plain["data"]
    assert {key: detailed["fields"][key]["value"] for key in EXTRA_KEYS} == {
        "invoice_number": "RE-2025-0417",
        "due_date": "2025-05-08",
        "tax_id": "DE000000000",
        "iban": "DE00000000000000000000",
    }


async def test_embedded_reader_finds_the_extras_too(client: httpx.AsyncClient) -> None:
    """Without a TILT server they are found by their labels."""
    fields = (await client.post("/v1/extract?include=fields", files={"file": PDF})).json()["fields"]

    assert fields["invoice_number"]["value"] == "RE-2025-0417"
    assert fields["due_date"]["bbox"]
    assert (fields["iban"]["value"], fields["iban"]["problem"]) == ("DE00000000000000000000", "check_digits")


async def test_questions_without_a_tilt_server_are_refused(client: httpx.AsyncClient) -> None:
    """One file, many, and before any is read."""
    single = await extract(client)
    batch = await client.post("/v1/extract-batch", files={"files": PDF}, data={"questions": QUESTIONS})

    assert [(answer.status_code, answer.json()["code"]) for answer in (single, batch)] == [
        (422, "questions_unsupported")
    ] * 2


async def test_questions_that_are_no_json_are_refused_with_the_place(client: httpx.AsyncClient) -> None:
    """As any other fault of the form."""
    answer = await client.post("/v1/extract", files={"file": PDF}, data={"questions": "What?"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["detail"].startswith("body.questions: list: Invalid JSON")


async def test_questions_hold_for_every_file_of_a_batch() -> None:
    """Each has its own answers."""
    async with with_knowing() as client:
        files = [("files", ("a.pdf", PDF)), ("files", ("b.pdf", CYRILLIC))]
        results = (await client.post("/v1/extract-batch", files=files, data={"questions": QUESTIONS})).json()["results"]

    assert told(results[0]["fields"])["street"] == ("Industrieweg 12", None)
    assert set(told(results[1]["fields"]).values()) == {(None, "unsupported_script")}
    assert results[1]["meta"]["reader"] == "layout"


async def test_questions_while_the_tilt_server_is_down_are_null_with_the_reason() -> None:
    """The embedded reader stands in for the standard fields; it knows no others and says so."""
    async with with_mock("unavailable", {"TILT_FALLBACK": "layout"}) as client:
        body = (await extract(client)).json()

    assert body["meta"]["degraded"]
    assert body["data"]["total"] == 6543.08
    assert body["fields"]["invoice_number"]["value"] == "RE-2025-0417"
    assert set(told(body["fields"]).values()) == {(None, "tilt_unavailable")}
    assert body["fields"]["street"]["confidence"] == 0


async def test_mock_admits_that_it_does_not_know() -> None:
    """It reads with the embedded reader, which understands no question."""
    async with with_mock() as client:
        fields = (await extract(client)).json()["fields"]

    assert set(told(fields).values()) == {(None, "not_found")}


async def test_einvoice_answers_the_fields_and_its_pages_the_questions() -> None:
    """The XML is exact about what it states; about everything else the pages are asked."""
    content = hybrid_pdf([("factur-x.xml", ubl_xml().encode(), "Data")], lines=["Industrieweg 12", "Total 1317.33"] * 9)
    reader = Knowing()
    async with with_knowing(reader) as client:
        body = (await extract(client, content)).json()

    assert (body["meta"]["reader"], body["meta"]["source"]) == ("einvoice", "xml")
    assert body["fields"]["due_date"]["value"] == "2025-04-07"
    assert told(body["fields"])["street"] == ("Industrieweg 12", None)
    assert reader.asked == [list(OWN)]


async def test_cache_tells_questions_apart() -> None:
    """The same bytes asked something else are another request."""
    async with with_knowing(environ={"CACHE_TTL_S": "60"}) as client:
        answers = [
            await client.post("/v1/extract", files={"file": PDF}),
            await client.post("/v1/extract?include=fields", files={"file": PDF}),
            await extract(client),
            await extract(client),
        ]

    assert [answer.json()["meta"]["cached"] for answer in answers] == [False, False, False, True]
    assert told(answers[-1].json()["fields"])["street"] == ("Industrieweg 12", None)
