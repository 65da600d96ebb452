"""The details' questions, through the whole service and a server that is the mock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from lib.document import Answer, OcrDocument, Question
from lib.layout_reader.reader import LayoutReader
from lib.questions import load_detail_questions
from lib.settings import load_settings
from scripts.mock_vllm import create_app as create_mock
from tests.conftest import ROOT
from tests.integration.conftest import BlankOcr, service
from tests.integration.test_llm import LLM
from tests.integration.test_tilt import TILT

pytestmark = pytest.mark.anyio

PDF = (ROOT / "tests" / "samples" / "invoice-eur-de.pdf").read_bytes()
KEYS = {question.text: question.key for question in load_detail_questions()}
TOLD = {
    "customer_name": "Galerie am Wasserturm",
    "customer_customer_no": "RE-2025-0417",
    "payment_terms": "2 % Skonto",
    "supplier_website": "www.invented.example",
    "references_order_number": "4711-0815",
}


@dataclass
class Knowing:
    """A server's reader that answers TOLD, too; it keeps the details that it was asked for."""

    asked: list[str] = field(default_factory=list)

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """What the embedded reader finds, and TOLD."""
        self.asked += [KEYS[question.text] for question in questions if question.text in KEYS]
        found = LayoutReader().answer(document, [question for question in questions if question.text not in KEYS])
        fields = {answer.key: answer for answer in found}
        return tuple(Answer(q.key, TOLD.get(KEYS[q.text]), 0.9) if q.text in KEYS else fields[q.key] for q in questions)


async def extract(environ: dict[str, str], *, query: str = "?include=details") -> tuple[dict[str, Any], Knowing]:
    """The service's answer about the invoice, and what the server behind it was asked."""
    reader = Knowing()
    profile = {"MOCK_PROFILE": "vllm"} if environ is LLM else {}
    mock = create_mock(load_settings(profile), reader=reader)
    async with service(environ, ocr=BlankOcr(), tilt_transport=httpx.ASGITransport(mock)) as client:
        response = await client.post(f"/v1/extract{query}", files={"file": ("a.pdf", PDF)})
    body: dict[str, Any] = response.json()
    return body, reader


@pytest.mark.parametrize(("environ", "name"), [(TILT, "tilt"), (LLM, "llm")])
async def test_reader_is_asked_for_the_details_and_the_embedded_one_stands_in(
    environ: dict[str, str], name: str
) -> None:
    """What it states counts where it stands in the document, and `by_reader` says which cells these are."""
    body, reader = await extract(environ)
    details = body["details"]

    assert body["meta"]["reader"] == name
    assert sorted(reader.asked) == sorted(KEYS.values())
    assert details["by_reader"] == ["customer.name", "customer.customer_no", "payment.terms"]
    assert details["customer"]["name"]["problem"] is None
    assert details["customer"]["customer_no"]["problem"] == "readers_disagree"
    assert details["payment"]["terms"]["value"] == "2 % Skonto"
    assert details["payment"]["terms"]["bbox"]
    assert details["supplier"]["website"] is None
    assert details["references"]["order_number"] is None
    assert details["supplier"]["phone"]["value"] == "03420 555 044"
    assert len(details["items"]) == 5


async def test_details_are_not_asked_for_where_no_client_wants_them() -> None:
    """The server has no question more to answer."""
    body, reader = await extract(TILT, query="?include=fields")

    assert body["meta"]["reader"] == "tilt"
    assert reader.asked == []


async def test_protocol_that_carries_six_fields_leaves_the_details_to_the_embedded_reader() -> None:
    """TILT_PROTOCOL=chat has no place for more."""
    body, reader = await extract(TILT | {"TILT_PROTOCOL": "chat"})

    assert reader.asked == []
    assert body["details"]["by_reader"] == []
    assert body["details"]["customer"]["customer_no"]["value"] == "K-20418"
