"""The mock TILT server: the embedded reader behind the wire, and its misbehaviors."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

import scripts.mock_vllm
from lib.document import Answer, BBox, OcrDocument, Question, Word
from lib.errors import StartupError
from lib.grammar.amounts import NumberStyle, parse_amount
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.tilt.chat_protocol import AMOUNT_KEYS
from lib.pipelines.tilt.protocol import TiltQuestion
from lib.pipelines.tilt_client import TiltReader
from lib.pipelines.tilt_prep import assemble
from lib.questions import load_questions
from lib.settings import Settings, load_settings
from scripts.mock_misbehavior import HEADER
from scripts.mock_vllm import CANNED, create_app, field_meant
from tests.contract.bodies import page, tilt_body

pytestmark = pytest.mark.anyio


def mock_settings(**changes: str) -> Settings:
    """Settings of mock and client."""
    return load_settings({"VLLM_BASE_URL": "http://tilt.example/v1", **changes})


def mock_client(**changes: str) -> httpx.AsyncClient:
    """A plain client of a mock."""
    transport = httpx.ASGITransport(create_app(mock_settings(**changes)))
    return httpx.AsyncClient(transport=transport, base_url="http://tilt.example/v1")


class Echo:
    """Answers each question with its key."""

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """The keys."""
        del document
        return tuple(Answer(question.key, question.key, 1.0) for question in questions)


DOCUMENTS = [
    pytest.param(assemble([page()]), id="invoice"),
    pytest.param(assemble([page(0, ["Corner Shop", "May 3, 2026"]), page(1, ["Total $ 7.10"])]), id="two-pages"),
    pytest.param(assemble([page(0, ["Nothing to see here"])]), id="no-answers"),
    pytest.param(
        OcrDocument(
            (
                replace(
                    page(),
                    spans=(),
                    words=(
                        Word("Total", BBox(10.07, 20.13, 33.31, 30.99)),
                        Word("56.10", BBox(40.3, 20.1, 77.7, 31.003)),
                    ),
                ),
            )
        ),
        id="odd-fractions",
    ),
]


@pytest.mark.parametrize("protocol", ["tilt", "chat"])
@pytest.mark.parametrize("document", DOCUMENTS)
async def test_mock_answers_what_the_embedded_reader_answers(document: OcrDocument, protocol: str) -> None:
    """Texts and confidences survive the wire to the last bit, amounts of the chat protocol by their value."""
    settings = mock_settings(TILT_PROTOCOL=protocol)
    reader = TiltReader(settings.tilt, transport=httpx.ASGITransport(create_app(settings)))

    over_the_wire = await reader.read(document, load_questions())

    in_process = await LayoutReader().read(document, load_questions())
    as_numbers = AMOUNT_KEYS if protocol == "chat" else ()
    sent, received = (
        [(a.key, by_value(a.text) if a.key in as_numbers else a.text, a.confidence) for a in answers]
        for answers in (in_process, over_the_wire)
    )
    assert received == sent


def by_value(text: str | None) -> Decimal | None:
    """An amount without the way it is written."""
    return None if text is None else parse_amount(text, style=NumberStyle("."))


async def test_mock_gives_a_real_answer_to_the_original_question() -> None:
    """The curl line of the project document finds the total."""
    body = {
        "question": "What is the total amount on this document? Answer only the number.",
        "pages": tilt_body()["pages"],
    }
    async with mock_client() as client:
        response = await client.post("/tilt/generate", json=body)

    assert "119.00" in response.json()["answer"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        pytest.param("What is the total amount of VAT?", "tax_amount", id="tax"),
        pytest.param("What is the net amount?", "subtotal", id="subtotal"),
        pytest.param("When was this invoice issued?", "date", id="date"),
        pytest.param("Which currency is used?", "currency", id="currency"),
        pytest.param("Who is the seller?", "merchant", id="merchant"),
        pytest.param("How much is the total?", "total", id="total"),
    ],
)
async def test_mock_understands_questions_under_other_keys(text: str, field: str) -> None:
    """A developer's own keys get the field that the words mean."""
    app = create_app(mock_settings(), reader=Echo())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tilt.example/v1") as client:
        response = await client.post("/tilt/generate", json=tilt_body(questions=[{"key": "own", "text": text}]))

    assert response.json()["answers"][0]["key"] == "own"
    assert response.json()["answers"][0]["values"] == [field]


@pytest.mark.parametrize("question", [pytest.param(question, id=question.key) for question in load_questions()])
def test_mock_understands_the_questions_of_the_house_by_their_words(question: Question) -> None:
    """Asked under another key, each still finds its field."""
    assert field_meant(TiltQuestion(key="own", text=question.text)) == question.key


async def test_header_chooses_the_misbehavior_of_one_request() -> None:
    """The next request is answered as ever."""
    async with mock_client() as client:
        garbage = await client.post("/tilt/generate", json=tilt_body(), headers={HEADER: "garbage"})
        right = await client.post("/tilt/generate", json=tilt_body())

    assert garbage.headers["Content-Type"].startswith("text/html")
    assert right.status_code == 200


async def test_header_of_no_known_misbehavior_is_refused_with_their_names() -> None:
    """A misspelt one would test nothing."""
    async with mock_client() as client:
        response = await client.post("/tilt/generate", json=tilt_body(), headers={HEADER: "slowly"})

    assert response.status_code == 400
    assert "unavailable" in response.json()["message"]


def test_unknown_misbehavior_in_the_environment_stops_the_start() -> None:
    """The same for MOCK_MISBEHAVIOR."""
    with pytest.raises(StartupError, match="MOCK_MISBEHAVIOR"):
        mock_settings(MOCK_MISBEHAVIOR="slowly")


async def test_unavailable_mock_has_no_models_either() -> None:
    """So that a health check sees it."""
    async with mock_client(MOCK_MISBEHAVIOR="unavailable") as client:
        response = await client.get("/models")

    assert response.status_code == 503


async def test_canned_mock_waits_and_answers_the_same() -> None:
    """For load tests: the delay of a model, the cost of nothing."""
    async with mock_client(MOCK_ANSWERS="canned", MOCK_DELAY_S="0.05") as client:
        response = await client.post("/tilt/generate", json=tilt_body())

    assert response.elapsed.total_seconds() >= 0.05
    assert [answer["values"] for answer in response.json()["answers"]] == [[value] for value in CANNED.values()]


async def test_too_large_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is held."""
    monkeypatch.setattr("scripts.mock_vllm.MAX_REQUEST_BYTES", 100)
    async with mock_client() as client:
        response = await client.post("/tilt/generate", json=tilt_body())

    assert (response.status_code, response.json()["code"]) == (413, 413)


def test_module_makes_its_app_only_when_asked() -> None:
    """Uvicorn asks for `app`; nothing else is made up."""
    assert "app" not in vars(scripts.mock_vllm)
    assert callable(scripts.mock_vllm.app)
    with pytest.raises(AttributeError):
        scripts.mock_vllm.application  # noqa: B018 - the access is what fails
