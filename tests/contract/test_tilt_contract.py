"""What every TILT server promises: the mock, the server on the GPU, and whatever is at --tilt-url.

Nothing here depends on what a model answers, only on the form of it.
"""

import json
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest

from lib.document import FIELD_KEYS, Answer, Page
from lib.grammar.amounts import NumberStyle, parse_amount
from lib.pipelines.tilt.chat_protocol import (
    AMOUNT_KEYS,
    CHAT_PATH,
    MODELS_PATH,
    UNAUTHORIZED,
    ChatCompletion,
    ChatContent,
    ChatRequest,
    ModelList,
)
from lib.pipelines.tilt.protocol import EXAMPLE_PAGE, GENERATE_PATH, TiltAnswers, TiltRequest, TiltSingleAnswer
from lib.pipelines.tilt_prep import assemble
from lib.questions import load_questions
from tests.contract.bodies import DOCUMENT, QUESTIONS, chat_body, image, page, tilt_body
from tests.contract.servers import TiltServer

pytestmark = pytest.mark.anyio

ERROR_MEMBERS = ["code", "message", "object", "param", "type"]


async def test_models_lists_the_model_in_vllms_shape(client: httpx.AsyncClient) -> None:
    """Whoever waits for /v1/models finds what vLLM would show."""
    response = await client.get(MODELS_PATH)

    assert response.status_code == 200
    card = response.json()["data"][0]
    assert ModelList.model_validate(response.json()).data[0].id
    assert sorted(card) == ["created", "id", "max_model_len", "object", "owned_by", "parent", "permission", "root"]


async def test_health_is_open_and_has_no_body(server: TiltServer) -> None:
    """Probes have no key."""
    async with server.client(key="") as client:
        response = await client.get(server.base_url.removesuffix("/v1") + "/health")

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("key", ["", "wrong"], ids=["none", "wrong"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", MODELS_PATH), ("POST", GENERATE_PATH), ("POST", CHAT_PATH), ("GET", "/nowhere")],
    ids=["models", "generate", "chat", "unknown"],
)
async def test_every_v1_path_asks_for_the_key(server: TiltServer, key: str, method: str, path: str) -> None:
    """Also a path that does not exist; a server without a key lets everybody in."""
    async with server.client(key=key) as client:
        response = await client.request(method, path, json={})

    assert (response.status_code == 401) is bool(server.key)
    if server.key:
        assert response.json() == UNAUTHORIZED


async def test_generate_answers_each_question_in_order(client: httpx.AsyncClient) -> None:
    """One request, all fields."""
    response = await client.post(GENERATE_PATH, json=tilt_body())

    assert response.status_code == 200
    answers = TiltAnswers.model_validate_json(response.content)
    assert [answer.key for answer in answers.answers] == list(FIELD_KEYS)
    assert answers.id
    assert answers.model


async def test_generate_answers_questions_of_other_keys(client: httpx.AsyncClient) -> None:
    """The keys are the client's, and so is their number."""
    questions = [{"key": f"own_{i}", "text": f"What is the amount number {i}?"} for i in range(8)]

    response = await client.post(GENERATE_PATH, json=tilt_body(questions=questions))

    answers = TiltAnswers.model_validate_json(response.content).answers
    assert [answer.key for answer in answers] == [question["key"] for question in questions]


async def test_generate_takes_the_original_form(client: httpx.AsyncClient) -> None:
    """The project document's own request."""
    extra = TiltRequest.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)

    response = await client.post(GENERATE_PATH, json=examples[0])

    assert response.status_code == 200
    assert TiltSingleAnswer.model_validate_json(response.content).id


async def test_chat_answers_with_strict_json_of_the_six_keys(client: httpx.AsyncClient) -> None:
    """The shape of vLLM around exactly the keys that the system prompt names."""
    response = await client.post(CHAT_PATH, json=chat_body())

    assert response.status_code == 200
    completion = ChatCompletion.model_validate_json(response.content)
    content = completion.choices[0].message.content
    ChatContent.model_validate_json(content)
    assert list(json.loads(content)) == list(FIELD_KEYS)
    assert sorted(response.json()["choices"][0]) == ["finish_reason", "index", "logprobs", "message", "stop_reason"]


async def test_chat_takes_its_documented_example(client: httpx.AsyncClient) -> None:
    """With the served model's name in it."""
    model = (await client.get(MODELS_PATH)).json()["data"][0]["id"]
    extra = ChatRequest.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)
    assert isinstance(examples[0], dict)

    response = await client.post(CHAT_PATH, json=examples[0] | {"model": model})

    assert response.status_code == 200


async def test_both_protocols_give_the_same_answers(server: TiltServer) -> None:
    """Chat is another coat for the same questions."""
    questions = load_questions()
    found = []
    for protocol in ("tilt", "chat"):
        reader = server.reader(protocol=protocol)
        found.append(await reader.read(DOCUMENT, questions))
        await reader.aclose()

    asked, chatted = ([replace(answer, text=plain(answer)) for answer in answers] for answers in found)
    assert asked == chatted
    assert [answer.key for answer in asked] == list(FIELD_KEYS)


def plain(answer: Answer) -> str | None:
    """An answer's text; of an amount, which chat carries as a number, the shortest form of its value."""
    if answer.text is None or answer.key not in AMOUNT_KEYS:
        return answer.text
    value = parse_amount(answer.text, style=NumberStyle())
    return answer.text if value is None else f"{value.normalize():f}"


async def test_chat_answers_amounts_as_numbers(client: httpx.AsyncClient) -> None:
    """As the original document's prompt asks; only what is not one plain amount is text."""
    response = await client.post(CHAT_PATH, json=chat_body())

    content = json.loads(response.json()["choices"][0]["message"]["content"])
    texts = [content[key] for key in AMOUNT_KEYS if isinstance(content[key], str)]
    assert all("(" in text or parse_amount(text, style=NumberStyle(".")) is None for text in texts)


async def test_our_client_finds_the_server_reachable(server: TiltServer) -> None:
    """Health says so, with the model's name."""
    reader = server.reader(protocol="tilt")

    health = await reader.check()

    await reader.aclose()
    assert health.reachable
    assert health.model


def spoiled(**word: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A page whose one word has members replaced."""
    bad = {"text": "Secret", "bbox": [0, 0, 1, 1]} | word
    return {"ocr": {"width": 100, "height": 100, "words": [bad]}}


BAD_REQUESTS = [
    pytest.param("", id="nothing"),
    pytest.param("{", id="half-json"),
    pytest.param("[]", id="list"),
    pytest.param(json.dumps(tilt_body(questions=[])), id="no-question"),
    pytest.param(json.dumps(tilt_body(question="And?")), id="both-forms"),
    pytest.param(json.dumps(tilt_body(questions=[{"key": "a", "text": " "}])), id="blank-question"),
    pytest.param(json.dumps(tilt_body(questions=[{"key": "a", "text": "the same " * 300}])), id="endless-question"),
    pytest.param(json.dumps(tilt_body(pages=[])), id="no-page"),
    pytest.param(json.dumps(tilt_body(pages=[EXAMPLE_PAGE] * 251)), id="too-many-pages"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled(text=" ")])), id="no-word"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled(bbox=[1, 0, 0, 1])])), id="box-inverted"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled(bbox=[0, 0, 1])])), id="box-of-three"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled(bbox=[float("nan"), 0, 1, 1])])), id="box-nan"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled(bbox=[0, 0, 1, float("inf")])])), id="box-infinite"),
    pytest.param(json.dumps(tilt_body(pages=[{"ocr": {"width": 0, "height": 9, "words": []}}])), id="width-zero"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled() | {"image": "no base64"}])), id="image-no-base64"),
    pytest.param(json.dumps(tilt_body(pages=[spoiled() | {"image": image("GIF")}])), id="image-gif"),
    pytest.param(json.dumps(tilt_body(max_tokens=0)), id="no-tokens"),
    pytest.param(json.dumps(tilt_body(temperature=-1)), id="cold"),
]


@pytest.mark.parametrize("body", BAD_REQUESTS)
async def test_bad_request_is_refused_in_vllms_flat_shape(client: httpx.AsyncClient, body: str) -> None:
    """Status 400, a sentence without the document's words, and the next request is answered as ever."""
    response = await client.post(GENERATE_PATH, content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 400
    assert sorted(response.json()) == ERROR_MEMBERS
    assert (response.json()["object"], response.json()["code"]) == ("error", 400)
    assert "Secret" not in response.text
    assert (await client.post(GENERATE_PATH, json=tilt_body())).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"messages": []}, id="no-message"),
        pytest.param({"messages": [{"role": "user", "content": "Hello"}]}, id="no-document"),
        pytest.param(chat_body(assemble([page(lines=[])])), id="no-word"),
        pytest.param(chat_body(stream=True), id="stream"),
    ],
)
async def test_bad_chat_is_refused_in_vllms_flat_shape(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    """The same as for the other protocol."""
    response = await client.post(CHAT_PATH, json=body)

    assert response.status_code == 400
    assert sorted(response.json()) == ERROR_MEMBERS


async def test_chat_with_another_model_is_not_found(client: httpx.AsyncClient) -> None:
    """As vLLM says it."""
    response = await client.post(CHAT_PATH, json=chat_body(model="gpt-0"))

    assert response.status_code == 404
    assert response.json()["message"] == "The model `gpt-0` does not exist."


async def test_other_content_type_is_refused(client: httpx.AsyncClient) -> None:
    """FastAPI's body, as vLLM has it."""
    response = await client.post(GENERATE_PATH, content="x", headers={"Content-Type": "text/plain"})

    assert response.status_code == 415
    assert response.json() == {"detail": "Unsupported Media Type: Only 'application/json' is allowed"}


async def test_unknown_path_is_not_found(client: httpx.AsyncClient) -> None:
    """FastAPI's body, as vLLM has it."""
    response = await client.get("/nowhere")

    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page(0, []), page(1), page(2, [])], id="empty-pages-around"),
        pytest.param([page(index) for index in range(20)], id="twenty-pages"),
        pytest.param([page(0, ["合計 ¥1,200", "Итого 56 руб.", "مجموع ٥٦", "Total 😀 56"])], id="other-scripts"),
        pytest.param([page(0, ["None | null | NaN", r"\" \n", "{}", "56"])], id="looks-like-syntax"),
    ],
)
async def test_unusual_document_is_answered(client: httpx.AsyncClient, pages: list[Page]) -> None:
    """Whatever a page can be, its form is no reason to fail."""
    response = await client.post(GENERATE_PATH, json=tilt_body(assemble(pages)))

    assert response.status_code == 200
    assert len(TiltAnswers.model_validate_json(response.content).answers) == len(QUESTIONS)


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(image("PNG"), id="gray-png"),
        pytest.param(image("PNG", "RGB"), id="color-png"),
        pytest.param(image("PNG", "RGBA"), id="transparent-png"),
        pytest.param(image("PNG", "P"), id="palette-png"),
        pytest.param(image("PNG", "1"), id="bitonal-png"),
        pytest.param(image("JPEG"), id="gray-jpeg"),
        pytest.param(image("JPEG", "CMYK"), id="cmyk-jpeg"),
    ],
)
async def test_page_image_of_any_mode_is_taken(client: httpx.AsyncClient, encoded: str) -> None:
    """A page of 1000 x 1400 and its image at half the size."""
    body = tilt_body()
    body["pages"][0]["image"] = encoded

    response = await client.post(GENERATE_PATH, json=body)

    assert response.status_code == 200


async def test_answer_has_no_more_tokens_than_asked_for(client: httpx.AsyncClient) -> None:
    """The least that can be asked is answered or cut off, in the same form."""
    response = await client.post(GENERATE_PATH, json=tilt_body(max_tokens=1))

    assert response.status_code == 200
    TiltAnswers.model_validate_json(response.content)


async def test_requests_at_the_same_time_are_all_answered(client: httpx.AsyncClient) -> None:
    """Also under one X-Request-ID, which a client may well use twice."""
    statuses = []

    async def ask() -> None:
        response = await client.post(GENERATE_PATH, json=tilt_body(), headers={"X-Request-ID": "twice"})
        statuses.append(response.status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)

    assert statuses == [200] * 10


async def test_client_that_goes_away_leaves_the_server_well(client: httpx.AsyncClient) -> None:
    """Its request is given up, the next one is answered."""
    with anyio.move_on_after(0.01):
        await client.post(GENERATE_PATH, json=tilt_body(assemble([page(index) for index in range(20)])))

    assert (await client.post(GENERATE_PATH, json=tilt_body())).status_code == 200
