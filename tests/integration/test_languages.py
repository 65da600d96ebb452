"""?lang= with real engines: a second set of models, which reads digits as letters so that one sees who read."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from lib.pipelines.ocr.weights import find_weights
from lib.settings import load_settings
from tests.conftest import ROOT
from tests.integration.conftest import service

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.xdist_group("ocr")]

PICTURE = (ROOT / "tests" / "test_ocr.png").read_bytes()
OTHERWISE = str.maketrans("0123456789", "абвгдежзик")


def write_other_models(folder: Path) -> None:
    """The bundled models with an alphabet whose digits are Cyrillic letters."""
    find_weights(load_settings({}).ocr, folder)
    description = folder / "rec" / "inference.yml"
    content = json.loads(description.read_text(encoding="utf-8"))
    alphabet = content["PostProcess"]["character_dict"]
    content["PostProcess"]["character_dict"] = [character.translate(OTHERWISE) for character in alphabet]
    description.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@pytest.fixture(scope="module")
async def client(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - sets the scope
    """Of a service that reads English, German, and a language with models of its own; it keeps answers."""
    folder = tmp_path_factory.mktemp("models")
    write_other_models(folder / "ru")
    environ = {"OCR_LANGS": "de,ru", "OCR_MODEL_DIR": str(folder), "CACHE_TTL_S": "600"}
    async with service(environ) as running:
        yield running


async def read(client: httpx.AsyncClient, query: str) -> tuple[bool, str]:
    """Whether the answer was known already, and all the text."""
    response = await client.post(f"/v1/extract?include=ocr{query}", files={"file": ("receipt.png", PICTURE)})
    body = response.raise_for_status().json()
    return body["meta"]["cached"], " ".join(span["text"] for page in body["ocr"]["pages"] for span in page["spans"])


async def test_lang_decides_who_reads(client: httpx.AsyncClient) -> None:
    """The default engine reads what it reads; another language's engine its own; the cache knows them apart."""
    (_, plain), (_, other) = await read(client, ""), await read(client, "&lang=ru")
    again, by_name = await read(client, "&lang=ru"), await read(client, "&lang=en")

    assert "42.93" in plain
    assert other == plain.translate(OTHERWISE)
    assert again == (True, other)
    assert by_name == (True, plain)


async def test_lang_of_a_batch_is_that_of_all_its_files(client: httpx.AsyncClient) -> None:
    """One language for a request."""
    files = [("files", ("a.png", PICTURE)), ("files", ("b.png", PICTURE + b"\0"))]

    results = (await client.post("/v1/extract-batch?lang=ru&include=ocr", files=files)).json()["results"]

    texts = [" ".join(span["text"] for span in result["ocr"]["pages"][0]["spans"]) for result in results]
    assert all("42.93".translate(OTHERWISE) in text for text in texts)


@pytest.mark.parametrize("path", ["/v1/extract", "/v1/extract-batch"])
@pytest.mark.parametrize("lang", ["fr", "xx", "EN", "../ru"])
async def test_lang_that_is_not_configured_is_refused_with_those_that_are(
    client: httpx.AsyncClient, path: str, lang: str
) -> None:
    """422, before anything of the form counts, and nothing of what was sent is quoted."""
    response = await client.post(path, params={"lang": lang}, files={"file": ("a.png", PICTURE)})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["detail"] == "query.lang: not configured; configured are en, de, ru (OCR_LANG, OCR_LANGS)"


async def test_health_names_the_languages(client: httpx.AsyncClient) -> None:
    """A client can ask what it may ask for."""
    assert (await client.get("/v1/health")).json()["ocr"]["langs"] == ["en", "de", "ru"]
