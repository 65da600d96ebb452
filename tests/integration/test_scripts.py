"""Scans in other scripts through the whole service: read as they come, or said to be unreadable."""

import io
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from scripts.samples.fonts import Face, sized
from scripts.samples.world import Document, languages
from tests.integration.conftest import service

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.xdist_group("ocr")]

CYRILLIC = (
    "Кассовый чек",
    "ООО Северный ветер",
    "Дата: 17.04.2025",
    "Сумма без НДС 1200,00",
    "НДС 20% 240,00",
    "ИТОГО 1440,00 руб.",
    "Спасибо за покупку",
)
ARABIC = (
    "فاتورة ضريبية مبسطة",
    "شركة النخيل للتجارة",
    "التاريخ: 2025/04/17",
    "المبلغ قبل الضريبة 120.00",
    "ضريبة القيمة المضافة 18.00",
    "الإجمالي 138.00 ريال",
)
HEBREW = (
    "חשבונית מס קבלה",
    "מכולת הצפון בעמ",
    "תאריך 17/04/2025",
    "סכום לפני מעמ 100.00",
    "סך הכל לתשלום 117.00",
    "תודה רבה ולהתראות",
)
GEORGIAN = ("საკასო ჩეკი", "მაღაზია თბილისი", "თარიღი 17/04/2025", "დღგ 18.00", "სულ გადასახდელი 118.00", "გმადლობთ")


KOREAN = ("CREDIT CARD SALES SLIP 전표", "영수증", "서울상회", "라면", "부가세", "합계금액", "고객용")


def page(lines: tuple[str, ...], face: Face = "sans") -> bytes:
    """A PNG with these lines of print."""
    image = Image.new("RGB", (700, 900), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((60, 60 + number * 90), line, font=sized(face, 34), fill="black")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
async def blind(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - sets the scope
    """Of a service on a machine without Tesseract's data."""
    async with service({"TESSDATA_PREFIX": str(tmp_path_factory.mktemp("none"))}) as running:
        yield running


async def answered(client: httpx.AsyncClient, content: bytes) -> dict[str, Any]:
    """The whole answer."""
    response = (await client.post("/v1/extract", files={"file": ("page.png", content)})).raise_for_status()
    body: dict[str, Any] = response.json()
    return body


async def extracted(client: httpx.AsyncClient, content: bytes) -> tuple[dict[str, str | float | None], list[str]]:
    """The six fields and the warnings."""
    body = await answered(client, content)
    return body["data"], body["meta"]["warnings"]


@pytest.mark.parametrize("code", languages())
async def test_scan_in_another_script_is_read_with_no_setting_at_all(client: httpx.AsyncClient, code: str) -> None:
    """The script is found out; nobody says it. The words' spelling is held loosely, amounts and day exactly."""
    document = Document(code, 0)
    truth = document.truth

    data, warnings = await extracted(client, document.picture("clean"))

    assert data["date"] == truth["date"]
    assert [Decimal(str(data[key])) for key in ("subtotal", "tax_amount", "total")] == [
        Decimal(truth[key]) for key in ("subtotal", "tax_amount", "total")
    ]
    assert re.sub(r"\W", "", str(data["merchant"])) == re.sub(r"\W", "", truth["merchant"])
    assert data["currency"] == truth["currency"]
    assert "unreadable_script" not in warnings


async def test_line_in_latin_letters_hides_no_other_script(client: httpx.AsyncClient) -> None:
    """Whoever is asked for another one reads it as the bundled recognizer did, which is no answer for the page."""
    _, warnings = await extracted(client, page(KOREAN, face="korean"))

    assert "unreadable_script" not in warnings


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(CYRILLIC, id="cyrillic"),
        pytest.param(ARABIC, id="arabic"),
        pytest.param(HEBREW, id="hebrew"),
        pytest.param(GEORGIAN, id="georgian"),
    ],
)
async def test_page_that_nothing_here_can_read_gives_nulls_and_says_so(
    blind: httpx.AsyncClient, lines: tuple[str, ...]
) -> None:
    """No amount, and no currency, from half-read letters."""
    body = await answered(blind, page(lines))

    assert set(body["data"].values()) == {None}
    assert "unreadable_script" in body["meta"]["warnings"]
    assert "Cyrillic" in body["meta"]["unreadable"][0]["scripts"]
    assert "tesseract-ocr-script-cyrl" in body["meta"]["unreadable"][0]["install"]


async def test_latin_page_is_read_without_tesseract_as_with_it(blind: httpx.AsyncClient) -> None:
    """Its recognizer is the bundled one."""
    german = ("Rechnung", "Buchhandlung Sonne GmbH", "Datum: 17.04.2025", "Gesamtbetrag 119,00 EUR")

    data, warnings = await extracted(blind, page(german))

    assert (data["total"], data["currency"], data["date"]) == (119.0, "EUR", "2025-04-17")
    assert "unreadable_script" not in warnings
