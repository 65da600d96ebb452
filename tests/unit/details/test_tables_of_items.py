"""Items below a header: every number belongs to the column that it stands under."""

from decimal import Decimal

import pytest

from lib.details.items import read_items
from lib.document import Field
from lib.extraction import Item
from tests.unit.details.drawn import settled, survey_of


def items(*pages: str, **fields: str) -> tuple[Item, ...]:
    """The items of a drawn document with these settled fields."""
    return read_items(survey_of(*pages), fields=settled(**fields), taxes=())


def value(leaf: Field | None) -> object:
    """The value of a leaf."""
    return leaf.value if leaf else None


def rows(found: tuple[Item, ...]) -> list[tuple[object, object]]:
    """Description and amount of each item."""
    return [(value(item.description), value(item.amount)) for item in found]


INVOICE = """\
Pos  Artikelnr    Bezeichnung              Menge     Einzelpreis    MwSt      Betrag
1    A-1001       Schraubendreher              2           12,50     19%       25,00
2    B-2002       Bohrmaschine                 1          149,00     19%      149,00
3    C-3003       Handbuch                     3            8,00      7%       24,00
                                                        Netto                 198,00
"""


def test_table_gives_every_column_of_its_rows() -> None:
    """Description, quantity, price, amount, rate and code, each where it stands."""
    first = items(INVOICE, subtotal="198.00")[0]

    assert {key: value(getattr(first, key)) for key in ("description", "product_code")} == {
        "description": "Schraubendreher",
        "product_code": "A-1001",
    }
    numbers = {key: value(getattr(first, key)) for key in ("quantity", "unit_price", "amount", "tax_rate")}
    assert numbers == {
        "quantity": Decimal(2),
        "unit_price": Decimal("12.50"),
        "amount": Decimal("25.00"),
        "tax_rate": Decimal(19),
    }
    assert first.amount
    assert first.amount.bbox
    assert first.amount.page_index == 0


def test_items_that_add_up_to_the_subtotal_are_sure() -> None:
    """198.00 is the sum of the three amounts."""
    found = items(INVOICE, subtotal="198.00")

    assert all(item.amount and item.amount.confidence > 0.9 and item.amount.problem is None for item in found)


def test_items_that_add_up_to_nothing_stated_say_so() -> None:
    """One amount was misread: the rows are answered, and doubted."""
    found = items(INVOICE.replace("149,00\n", "194,00\n"), subtotal="198.00")

    assert [value(item.amount) for item in found] == [Decimal("25.00"), Decimal("194.00"), Decimal("24.00")]
    assert all(item.amount and item.amount.problem == "items_disagree" for item in found)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Description             Qty    Unit price      Amount", id="en"),
        pytest.param("Désignation             Qté    P.U. HT         Montant", id="fr"),
        pytest.param("Descripción             Cant.  Precio          Importe", id="es"),
        pytest.param("Descrizione             Q.tà   Prezzo          Importo", id="it"),
        pytest.param("Omschrijving            Aantal Prijs           Bedrag", id="nl"),
        pytest.param("Nazwa towaru            Ilość  Cena netto      Wartość", id="pl"),
        pytest.param("Descrição               Qtd    Preço unit.     Valor", id="pt"),
        pytest.param("Popis položky           Počet  Cena za ks      Celkem", id="cs"),
        pytest.param("Benämning               Antal  À-pris          Belopp", id="sv"),
        pytest.param("Kuvaus                  Määrä  Yksikköhinta    Yhteensä", id="fi"),
        pytest.param("Beskrivelse             Antal  Stk. pris       Beløb", id="da"),
        pytest.param("Megnevezés              Menny. Egységár        Érték", id="hu"),
        pytest.param("Denumire                Cant.  Preț unitar     Valoare", id="ro"),
        pytest.param("Наименование            Кол-во Цена            Сумма", id="ru"),
        pytest.param("Найменування            К-сть  Ціна            Сума", id="uk"),
        pytest.param("Περιγραφή               Ποσ.   Τιμή            Αξία", id="el"),
        pytest.param("Açıklama                Miktar Birim fiyat     Tutar", id="tr"),
        pytest.param("Opis                    Kol.   Cijena          Iznos", id="hr"),
        pytest.param("Tên hàng hóa            SL     Đơn giá         Thành tiền", id="vi"),
        pytest.param("品名                    数量   単価            金額", id="ja"),
        pytest.param("รายการ                  จำนวน  ราคา            จำนวนเงิน", id="th"),
    ],
)
def test_header_of_each_language_is_known(header: str) -> None:
    """The columns are found by their words; the amount is the last number, not the price."""
    body = """\
Lamp                      3         4.00           12.00
Cable                     2         2.50            5.00
"""
    found = items(f"{header}\n{body}")

    assert rows(found) == [("Lamp", Decimal("12.00")), ("Cable", Decimal("5.00"))]
    assert [value(item.quantity) for item in found] == [Decimal(3), Decimal(2)]
    assert [value(item.unit_price) for item in found] == [Decimal("4.00"), Decimal("2.50")]


def test_description_goes_on_where_its_line_was_full() -> None:
    """The second line is the rest of the first, which had no room for its first word; others are remarks."""
    page = """\
Description                      Qty    Price    Amount
Installation of the new boiler     1   450.00    450.00
in the basement
Thermostat                         2    80.00    160.00
Serial A 7
Filter                             1    20.00     20.00
Subtotal                                         630.00
"""
    assert rows(items(page, subtotal="630.00")) == [
        ("Installation of the new boiler in the basement", Decimal("450.00")),
        ("Thermostat", Decimal("160.00")),
        ("Filter", Decimal("20.00")),
    ]


def test_description_around_its_numbers_is_one() -> None:
    """Numbers that stand in the middle of two lines of text belong to both."""
    page = """\
Description                      Qty    Price    Amount

Nitrile gloves, black, medium
                                   5     3.00     15.00
powder free, box of 100

Adhesive tape, twelve rolls
                                   2     8.00     16.00
of fifty meters each
"""
    assert rows(items(page, subtotal="31.00")) == [
        ("Nitrile gloves, black, medium powder free, box of 100", Decimal("15.00")),
        ("Adhesive tape, twelve rolls of fifty meters each", Decimal("16.00")),
    ]


def test_table_goes_on_over_pages_and_carried_sums_are_no_items() -> None:
    """The header stands on both pages; what is carried forward is counted once."""
    first = """\
Bezeichnung            Menge   Einzelpreis     Betrag
Stuhl                      4         55,00     220,00
Übertrag                                       220,00
"""
    second = """\
Bezeichnung            Menge   Einzelpreis     Betrag
Übertrag                                       220,00
Tisch                      1        180,00     180,00
Nettosumme                                     400,00
"""
    found = items(first, second, subtotal="400.00")

    assert rows(found) == [("Stuhl", Decimal("220.00")), ("Tisch", Decimal("180.00"))]
    assert [item.amount.page_index for item in found if item.amount] == [0, 1]


def test_subtotals_inside_of_a_table_are_no_items() -> None:
    """Each part has a sum; all parts add up to the total."""
    page = """\
Description            Qty     Price     Amount
Design                   2    100.00     200.00
Drawings                 1     50.00      50.00
Subtotal                                 250.00
Printing                 4     25.00     100.00
Subtotal                                 100.00
Total                                    350.00
"""
    found = rows(items(page, total="350.00"))

    assert [amount for _, amount in found] == [Decimal("200.00"), Decimal("50.00"), Decimal("100.00")]


def test_copy_of_the_invoice_on_another_page_is_not_counted_again() -> None:
    """Original and duplicate state the same total; the items are those of the first."""
    page = """\
Description            Qty     Price     Amount
Repair                   1    300.00     300.00
Total                                    300.00
"""
    assert rows(items(f"ORIGINAL\n{page}", f"DUPLICATE\n{page}", total="300.00")) == [("Repair", Decimal("300.00"))]


def test_discount_below_an_item_is_its_discount() -> None:
    """The amount stays the one of the item's own row; with the discount the items add up."""
    page = """\
Description            Qty     Price     Amount
Bicycle                  1    800.00     800.00
Discount                                 -80.00
Helmet                   1     60.00      60.00
Subtotal                                 780.00
"""
    found = items(page, subtotal="780.00")

    assert rows(found) == [("Bicycle", Decimal("800.00")), ("Helmet", Decimal("60.00"))]
    assert [value(item.discount) for item in found] == [Decimal("80.00"), None]
    assert all(item.amount and item.amount.problem is None for item in found)


def test_header_in_two_rows_is_one() -> None:
    """The word "unit" over the word "price" is the column of unit prices."""
    page = """\
                               Unit       Line
Description          Qty      price      total
Envelope              10       0.20       2.00
Folder                 3       1.10       3.30
"""
    found = items(page, subtotal="5.30")

    assert rows(found) == [("Envelope", Decimal("2.00")), ("Folder", Decimal("3.30"))]
    assert [value(item.unit_price) for item in found] == [Decimal("0.20"), Decimal("1.10")]


def test_net_column_is_taken_where_quantity_times_price_gives_it() -> None:
    """Of net and gross amounts, arithmetic tells which is the item's."""
    page = """\
Producto       Cantidad   Precio    Subtotal   IVA    Subtotal c/IVA
Espejo                2    50,00      100,00   21%            121,00
Puerta                1   200,00      200,00   21%            242,00
"""
    assert rows(items(page)) == [("Espejo", Decimal("100.00")), ("Puerta", Decimal("200.00"))]


def test_table_of_taxes_is_no_table_of_items() -> None:
    """Its header names rates and amounts, and no goods."""
    page = """\
MwSt-Satz      Netto      MwSt      Brutto
19 %          100,00     19,00      119,00
7 %            50,00      3,50       53,50
"""
    assert items(page, total="172.50") == ()


def test_row_without_an_amount_is_no_item() -> None:
    """Nothing is invented for what is listed and not charged."""
    page = """\
Description            Qty     Price     Amount
Set of tools             1     99.00      99.00
Hammer                   1
Pliers                   1
Total                                     99.00
"""
    assert [amount for _, amount in rows(items(page, total="99.00"))] == [Decimal("99.00")]
