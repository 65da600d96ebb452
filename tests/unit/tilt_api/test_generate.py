"""POST /v1/tilt/generate and /v1/chat/completions over the stand-in fork: what the contract suite cannot reach."""

import asyncio
import json

import pytest

from apps.tilt_api.engine import EXIT_ENGINE_DIED
from lib.document import FIELD_KEYS
from lib.settings import Settings, load_settings
from tests.tilt_server import RunningServer, running_server
from tests.unit.tilt_api.conftest import Json, MakeRequest

GENERATE = "/v1/tilt/generate"

pytestmark = pytest.mark.anyio


def chat_of(request: Json) -> Json:
    """The same document as a chat request."""
    document = {"pages": [page["ocr"] for page in request["pages"]]}
    return {"messages": [{"role": "user", "content": [{"type": "input_ocr_document", "document": document}]}]}


async def test_answers_are_what_the_model_said(server: RunningServer, ask: MakeRequest) -> None:
    """Value, confidence of the least sure token, and finish reason, for each key in order."""
    response = await server.client.post(GENERATE, json=ask("Shop", "5.00"))

    assert response.json()["answers"] == [
        {"key": "merchant", "values": ["Shop"], "confidence": pytest.approx(0.75), "finish_reason": "stop"},
        {"key": "total", "values": ["5.00"], "confidence": pytest.approx(0.75), "finish_reason": "stop"},
    ]


async def test_none_is_no_value_with_its_confidence(server: RunningServer, ask: MakeRequest) -> None:
    """The model's word for "not in this document" reaches no client as a value."""
    response = await server.client.post(GENERATE, json=ask("<none>", "Shop"))

    assert [(answer["values"], answer["confidence"]) for answer in response.json()["answers"]] == [
        ([], pytest.approx(0.75))
    ] * 2


async def test_document_beyond_the_memory_is_reported(server: RunningServer, ask: MakeRequest) -> None:
    """A refusal that says what to do, not an answer without values."""
    response = await server.client.post(GENERATE, json=ask("<nothing>", "Shop"))

    assert (response.status_code, response.json()["type"]) == (413, "document_refused")
    assert "send fewer pages" in response.json()["message"]


async def test_questions_of_a_document_are_prepared_once_and_asked_at_once(
    server: RunningServer, ask: MakeRequest
) -> None:
    """One reading, one batch: the engine has all of them in one step."""
    questions = [{"key": key, "text": f"What is the {key}?"} for key in FIELD_KEYS]
    server.llm.most_at_once = 0
    read_before = len(server.preprocessor.documents)

    await server.client.post(GENERATE, json=ask("Shop", "5.00", questions=questions))

    assert server.llm.most_at_once == len(questions)
    assert len(server.preprocessor.documents) == read_before + 1


async def test_documents_share_the_engine(server: RunningServer, ask: MakeRequest) -> None:
    """No lock around it: questions of several documents are in one step."""
    server.llm.most_at_once = 0

    responses = await asyncio.gather(*(server.client.post(GENERATE, json=ask("<slow>", "5.00")) for _ in range(6)))

    assert {response.status_code for response in responses} == {200}
    assert server.llm.most_at_once > 2


async def test_max_tokens_bounds_the_answer(server: RunningServer, ask: MakeRequest) -> None:
    """One token is no end, so the value is cut."""
    response = await server.client.post(GENERATE, json=ask("Shop", "5.00", max_tokens=1))

    assert [answer["finish_reason"] for answer in response.json()["answers"]] == ["length", "length"]


async def test_document_of_too_many_tokens_is_refused_and_not_cut(server: RunningServer, ask: MakeRequest) -> None:
    """The fork would drop the rest without a word."""
    response = await server.client.post(GENERATE, json=ask(*["abcdefgh"] * 10_000))

    assert (response.status_code, response.json()["type"]) == (413, "document_refused")
    assert "20000 tokens; the model takes" in response.json()["message"]


async def test_word_unknown_to_the_tokenizer_is_no_failure_of_ours(server: RunningServer, ask: MakeRequest) -> None:
    """The preprocessor would raise IndexError over a document without a token."""
    response = await server.client.post(GENERATE, json=ask("\u200b"))

    assert (response.status_code, response.json()["type"]) == (413, "document_refused")


async def test_prompt_refused_by_the_engine_is_the_clients(server: RunningServer, ask: MakeRequest) -> None:
    """Status 400, without the engine's own words, and the other questions are given up."""
    response = await server.client.post(GENERATE, json=ask("<refuse>", "Shop"))

    assert response.status_code == 400
    assert "secret" not in response.text
    assert server.endings == []


async def test_question_that_fails_ends_the_others_of_its_document(server: RunningServer, ask: MakeRequest) -> None:
    """Nobody will read their answers; the GPU has other work."""
    questions = [{"key": "a", "text": "<refuse> this one"}, {"key": "b", "text": "What is the total?"}]

    response = await server.client.post(GENERATE, json=ask("<slow>", "5.00", questions=questions))

    assert response.status_code == 400
    assert len(server.llm.aborted) == 1


async def test_answer_of_no_numbers_is_a_failure(server: RunningServer, ask: MakeRequest) -> None:
    """No value is made of what the model could not compute."""
    response = await server.client.post(GENERATE, json=ask("<nan>", "Shop"))

    assert response.status_code == 500
    assert response.json()["type"] == "InternalServerError"


async def test_dead_engine_fails_health_and_every_request_and_ends_the_process(
    server: RunningServer, ask: MakeRequest
) -> None:
    """Nothing but a new process helps: 503 for those who ask, 500 for those who watch, an exit code for the rest."""
    pending = asyncio.create_task(server.client.post(GENERATE, json=ask("<slow>", "5.00")))
    await asyncio.sleep(0.02)

    fatal = await server.client.post(GENERATE, json=ask("<crash>", "5.00"))
    later = await server.client.post(GENERATE, json=ask("Shop"))
    models = await server.client.get("/v1/models")
    health = await server.client.get("/health")

    assert [r.status_code for r in (fatal, await pending, later, models)] == [503] * 4
    assert "secret" not in fatal.text
    assert fatal.headers["Retry-After"] == "60"
    assert (health.status_code, health.content) == (500, b"")
    assert server.endings == [("force", EXIT_ENGINE_DIED), ("stop", 0)]
    assert server.lifecycle.exit_code == EXIT_ENGINE_DIED


async def test_engine_that_dies_while_nobody_asks_ends_the_process(server: RunningServer) -> None:
    """Within a second or so; the next client would only find out for everybody."""
    server.llm._errored_with = RuntimeError("CUDA error")

    await asyncio.wait_for(server.stopped.wait(), timeout=5)

    assert server.endings == [("force", EXIT_ENGINE_DIED), ("stop", 0)]


async def test_more_documents_than_may_wait_are_sent_away(ask: MakeRequest) -> None:
    """The rest of the clients is answered; those sent away know when to come back."""
    settings = load_settings({"TILT_MAX_IN_FLIGHT": "1", "TILT_QUEUE": "1"})
    async with running_server(settings) as server:
        responses = await asyncio.gather(*(server.client.post(GENERATE, json=ask("<slow>", "5.00")) for _ in range(4)))

    assert sorted(response.status_code for response in responses) == [200, 200, 503, 503]
    away = next(response for response in responses if response.status_code == 503)
    assert away.json()["type"] == "ServiceUnavailableError"
    assert away.headers["Retry-After"] == "1"


async def test_chat_asks_the_configured_question_for_each_key(server: RunningServer, ask: MakeRequest) -> None:
    """The system prompt is beyond the model; the questions are not."""
    server.llm.most_at_once = 0

    response = await server.client.post("/v1/chat/completions", json=chat_of(ask("Shop", "5.00")))

    content = json.loads(response.json()["choices"][0]["message"]["content"])
    assert list(content) == list(FIELD_KEYS)
    assert (content["merchant"], content["total"]) == ("Shop", 5.0)
    assert response.json()["confidences"]["total"] == pytest.approx(0.75)
    assert server.llm.most_at_once == len(FIELD_KEYS)


async def test_answer_carries_the_request_id(server: RunningServer, ask: MakeRequest) -> None:
    """In the body's id and in the header, in both protocols."""
    headers = {"X-Request-ID": "trace-7"}

    tilt = await server.client.post(GENERATE, json=ask("Shop"), headers=headers)
    chat = await server.client.post("/v1/chat/completions", json=chat_of(ask("Shop")), headers=headers)

    assert (tilt.json()["id"], tilt.headers["X-Request-ID"]) == ("trace-7", "trace-7")
    assert (chat.json()["id"], chat.headers["X-Request-ID"]) == ("chatcmpl-trace-7", "trace-7")


async def test_served_name_is_the_configured_model(ask: MakeRequest, settings: Settings) -> None:
    """In /v1/models, in answers, and in what chat accepts."""
    settings = settings.model_copy(update={"tilt": settings.tilt.model_copy(update={"model": "own/tilt"})})
    async with running_server(settings) as server:
        card = (await server.client.get("/v1/models")).json()["data"][0]
        answered = await server.client.post(GENERATE, json=ask("Shop"))
        chatted = await server.client.post("/v1/chat/completions", json=chat_of(ask("Shop")) | {"model": "own/tilt"})

    assert (card["id"], card["root"], card["max_model_len"]) == ("own/tilt", "own/tilt", 4096)
    assert answered.json()["model"] == "own/tilt"
    assert chatted.json()["model"] == "own/tilt"
