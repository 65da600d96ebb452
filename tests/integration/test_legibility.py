"""Pages in scripts that the bundled models have no letters for, with the real engine."""

import io
from pathlib import Path

import httpx
import matplotlib
import pytest
from PIL import Image, ImageDraw, ImageFont

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")

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
GERMAN = (
    "Rechnung",
    "Buchhandlung Sonne GmbH",
    "Datum: 17.04.2025",
    "Zwischensumme 100,00",
    "MwSt 19% 19,00",
    "Gesamtbetrag 119,00 EUR",
)


def page(lines: tuple[str, ...]) -> bytes:
    """A PNG with these lines of print."""
    image = Image.new("RGB", (700, 900), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((60, 60 + number * 90), line, font=ImageFont.truetype(FONT, 34), fill="black")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("lines", "warned"),
    [
        pytest.param(CYRILLIC, True, id="cyrillic"),
        pytest.param(ARABIC, True, id="arabic"),
        pytest.param(HEBREW, True, id="hebrew"),
        pytest.param(GEORGIAN, True, id="georgian"),
        pytest.param(GERMAN, False, id="latin"),
    ],
)
async def test_page_in_script_that_ocr_cannot_read_is_said_in_warnings(
    client: httpx.AsyncClient, lines: tuple[str, ...], warned: bool
) -> None:
    """Whoever gets nulls, or digits alone, learns why."""
    response = await client.post("/v1/extract", files={"file": ("page.png", page(lines))})

    warnings = response.raise_for_status().json()["meta"]["warnings"]
    assert ("low_ocr_confidence" in warnings) is warned
