"""Invoices in one language each, as reader and rules read them: the words of every locale lead to the six fields."""

from datetime import date
from decimal import Decimal

import pytest

from lib.document import FIELD_KEYS, Question
from lib.layout_reader.reader import LayoutReader
from lib.post.rules import normalize
from tests.unit.layout_reader.documents import document_of

QUESTIONS = tuple(Question(key, "") for key in FIELD_KEYS)


def fields_of(text: str) -> dict[str, str | Decimal | date | None]:
    """What reader and rules make of a page."""
    document = document_of(text)
    return {
        field.key: field.value for field in normalize(LayoutReader().answer(document, QUESTIONS), document=document)
    }


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
        pytest.param(
            """
            株式会社みどり商店
            請求書
            請求日 令和7年5月5日
            請求先 山田工業株式会社 御中
            小計   10,000円
            外税 10%   1,000円
            合計   11,000円
            """,
            "株式会社みどり商店",
            "2025-05-05",
            "JPY",
            ("10000", "1000", "11000"),
            id="Japanese, year of an era, tax on top",
        ),
        pytest.param(
            """
            みどり食堂
            ２０２５年５月５日
            小計   ￥１，０００
            消費税   ￥１００
            合計   ￥１，１００
            """,
            "みどり食堂",
            "2025-05-05",
            "JPY",
            ("1000", "100", "1100"),
            id="Japanese, digits of full width",
        ),
        pytest.param(
            """
            세금계산서
            공급자 상호 (주)푸른상사   공급받는자 상호 (주)하늘건설
            등록번호 123-45-67890   등록번호 987-65-43210
            작성일자 2025-05-05
            공급가액 100,000   세액 10,000
            합계금액 110,000
            """,
            "(주)푸른상사",
            "2025-05-05",
            "KRW",
            ("100000", "10000", "110000"),
            id="Korean, both parties side by side",
        ),
        pytest.param(
            """
            增值税普通发票
            发票号码: 12345678   开票日期: 2025年05月05日
            购买方 名称: 蓝天建设有限公司
            纳税人识别号: 91310000123456789X
            销售方 名称: 绿岸商贸有限公司
            纳税人识别号: 91310000987654321Y
            金额 ¥100.00   税率 13%   税额 ¥13.00
            合计   ¥100.00   ¥13.00
            价税合计(大写) 壹佰壹拾叁圆整 (小写) ¥113.00
            """,
            "绿岸商贸有限公司",
            "2025-05-05",
            "CNY",
            ("100.00", "13.00", "113.00"),
            id="Chinese fapiao, the buyer first",
        ),
        pytest.param(
            """
            บริษัท ริมฝั่งเขียว จำกัด
            เลขประจำตัวผู้เสียภาษี 0105551234567
            ใบกำกับภาษีอย่างย่อ
            วันที่ 5 พฤษภาคม 2568
            รวมเงิน   100.00
            ภาษีมูลค่าเพิ่ม 7%   7.00
            ยอดรวมสุทธิ   107.00 บาท
            """,
            "บริษัท ริมฝั่งเขียว จำกัด",
            "2025-05-05",
            "THB",
            ("100.00", "7.00", "107.00"),
            id="Thai, Buddhist year",
        ),
    ],
)
def test_invoice_is_read_in_its_language(
    text: str, merchant: str, day: str, currency: str, amounts: tuple[str, str, str]
) -> None:
    """Months by name, legal forms, headings of amounts."""
    fields = fields_of(text)

    assert (fields["merchant"], str(fields["date"]), fields["currency"]) == (merchant, day, currency)
    assert tuple(fields[key] for key in ("subtotal", "tax_amount", "total")) == tuple(map(Decimal, amounts))


def test_arabic_digits_are_digits() -> None:
    """Day and amounts in Arabic-Indic digits, with their decimal and percent signs."""
    fields = fields_of(
        """
        شركة الضفة الخضراء
        فاتورة ضريبية مبسطة
        التاريخ: ٠٥/٠٥/٢٠٢٥
        المجموع   ١٠٠٫٠٠
        ضريبة القيمة المضافة ١٥٪   ١٥٫٠٠
        الإجمالي   ١١٥٫٠٠ ر.س
        """
    )

    assert (str(fields["date"]), fields["currency"]) == ("2025-05-05", "SAR")
    assert [fields[key] for key in ("subtotal", "tax_amount", "total")] == [Decimal(100), Decimal(15), Decimal(115)]
