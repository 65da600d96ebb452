"""Invoices in one language each, as reader and rules read them: the words of every locale lead to the six fields."""

from decimal import Decimal

import pytest

from lib.document import FIELD_KEYS, Question
from lib.layout_reader.reader import LayoutReader
from lib.post.rules import normalize
from tests.unit.layout_reader.documents import document_of

QUESTIONS = tuple(Question(key, "") for key in FIELD_KEYS)


@pytest.mark.parametrize(
    ("text", "merchant", "day", "currency", "amounts"),
    [
        pytest.param(
            """
            OÜ Põhjatäht Kaubandus
            Pärnu mnt 12, 10148 Tallinn   KMKR: EE123456789
            Arve nr 2025-118
            Kuupäev: 5. mai 2025
            Maksetähtaeg: 19. mai 2025
            Summa käibemaksuta   100,00
            Käibemaks 22%   22,00
            Kokku tasuda   122,00 EUR
            """,
            "OÜ Põhjatäht Kaubandus",
            "2025-05-05",
            "EUR",
            ("100.00", "22.00", "122.00"),
            id="Estonian",
        ),
        pytest.param(
            """
            UAB Žalias krantas
            Gedimino pr. 8, Vilnius   PVM kodas: LT100001234567
            PVM sąskaita faktūra
            2025 m. gegužės 5 d.
            Suma be PVM   100,00
            PVM 21%   21,00
            Suma su PVM   121,00 EUR
            """,
            "UAB Žalias krantas",
            "2025-05-05",
            "EUR",
            ("100.00", "21.00", "121.00"),
            id="Lithuanian",
        ),
        pytest.param(
            """
            SIA Baltais kalns
            Brīvības iela 8, Rīga   PVN reģ. nr. LV40001234567
            Rēķins Nr. 118
            2025. gada 5. maijs
            Summa bez PVN   100,00
            PVN 21%   21,00
            Kopā apmaksai   121,00 EUR
            """,
            "SIA Baltais kalns",
            "2025-05-05",
            "EUR",
            ("100.00", "21.00", "121.00"),
            id="Latvian",
        ),
        pytest.param(
            """
            Zeleni breg d.o.o.
            Slovenska cesta 8, 1000 Ljubljana   ID za DDV: SI12345678
            Račun št. 118
            Datum izdaje: 5. maja 2025
            Rok plačila: 19. 5. 2025
            Skupaj brez DDV   100,00
            DDV 22%   22,00
            Za plačilo   122,00 EUR
            """,
            "Zeleni breg d.o.o.",
            "2025-05-05",
            "EUR",
            ("100.00", "22.00", "122.00"),
            id="Slovenian",
        ),
        pytest.param(
            """
            Зелени брег д.о.о.
            Кнеза Милоша 8, Београд   ПИБ: 100123456
            Фактура бр. 118
            Датум издавања: 5. мај 2025.
            Рок плаћања: 19.05.2025.
            Основица   1.000,00
            ПДВ 20%   200,00
            Укупно за уплату   1.200,00 РСД
            """,
            "Зелени брег д.о.о.",
            "2025-05-05",
            "RSD",
            ("1000.00", "200.00", "1200.00"),
            id="Serbian",
        ),
        pytest.param(
            """
            Зелен Рид ДООЕЛ
            ул. Македонија 8, Скопје   ЕДБ: 4030012345678
            Фактура бр. 118
            Датум на издавање: 5 мај 2025
            Рок на плаќање: 19.05.2025
            Вкупно без ДДВ   1.000,00
            ДДВ 18%   180,00
            Вкупно за плаќање   1.180,00 ден.
            """,
            "Зелен Рид ДООЕЛ",
            "2025-05-05",
            "MKD",
            ("1000.00", "180.00", "1180.00"),
            id="Macedonian",
        ),
        pytest.param(
            """
            ЖШС Көк Аспан
            Абай даңғылы 8, Алматы   БСН: 123456789012
            Төлем шоты № 118
            Күні: 5 мамыр 2025
            ҚҚС-сыз сома   10 000,00
            ҚҚС 12%   1 200,00
            Барлығы төлеуге   11 200,00 ₸
            """,
            "ЖШС Көк Аспан",
            "2025-05-05",
            "KZT",
            ("10000.00", "1200.00", "11200.00"),
            id="Kazakh",
        ),
        pytest.param(
            """
            შპს მწვანე ნაპირი
            რუსთაველის გამზ. 8, თბილისი   ს/კ 123456789
            ინვოისი N 118
            თარიღი: 5 მაისი 2025
            დღგ-ს გარეშე   100,00
            დღგ 18%   18,00
            სულ გადასახდელი   118,00 ₾
            """,
            "შპს მწვანე ნაპირი",
            "2025-05-05",
            "GEL",
            ("100.00", "18.00", "118.00"),
            id="Georgian",
        ),
    ],
)
def test_invoice_is_read_in_its_language(
    text: str, merchant: str, day: str, currency: str, amounts: tuple[str, str, str]
) -> None:
    """Months by name, legal forms, headings of amounts."""
    document = document_of(text)

    fields = {
        field.key: field.value for field in normalize(LayoutReader().answer(document, QUESTIONS), document=document)
    }

    assert (fields["merchant"], str(fields["date"]), fields["currency"]) == (merchant, day, currency)
    assert tuple(fields[key] for key in ("subtotal", "tax_amount", "total")) == tuple(map(Decimal, amounts))
