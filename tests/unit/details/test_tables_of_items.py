"""Items below a header: every number belongs to the column that it stands under."""

from decimal import Decimal

import pytest

from lib.details.items import read_items
from lib.document import Field
from lib.extraction import Item
from tests.unit.details.drawn import parsed_pages, settled


def items(*pages: str, **fields: str) -> tuple[Item, ...]:
    """The items of a drawn document with these settled fields."""
    return read_items(parsed_pages(*pages), fields=settled(**fields), taxes=())


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

Rubber gloves, green, large
                                   5     3.00     15.00
unlined, box of 50

Masking tape, ten rolls
                                   2     8.00     16.00
of fifty meters each
"""
    assert rows(items(page, subtotal="31.00")) == [
        ("Rubber gloves, green, large unlined, box of 50", Decimal("15.00")),
        ("Masking tape, ten rolls of fifty meters each", Decimal("16.00")),
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


@pytest.mark.parametrize(
    ("page", "fields", "expected"),
    [
        pytest.param(
            """\
Services                        Hours    Rate      Amount
Consulting on the new site       12.5  $80.00   $1,000.00
Travel                              1  $45.50      $45.50
""",
            {"subtotal": "1045.50"},
            [("Consulting on the new site", "12.5", "1000.00"), ("Travel", "1", "45.50")],
            id="hours, with currency signs",
        ),
        pytest.param(
            """\
Pos.  Bezeichnung                 Menge  Einheit   E-Preis   Rabatt     Gesamt
1     Regal                           2   Stk        200,00      10 %     360,00
2     Lieferung und Montage           1   psch       120,00               120,00
""",
            {"subtotal": "480.00"},
            [("Regal", "2", "360.00"), ("Lieferung und Montage", "1", "120.00")],
            id="a discount in percent beside the amount",
        ),
        pytest.param(
            """\
Sl  Description of Goods     HSN/SAC   Qty    Rate      per   Amount
1   Steel rod 12 mm          7214      100    55.00     Nos   5,500.00
2   Cement bag 50 kg         2523       20   350.00     Nos   7,000.00
                             CGST @ 9%                        1,125.00
                             SGST @ 9%                        1,125.00
                             Total                           14,750.00
""",
            {"total": "14750.00", "subtotal": "12500.00"},
            [("Steel rod 12 mm", "100", "5500.00"), ("Cement bag 50 kg", "20", "7000.00")],
            id="taxes in the column of amounts",
        ),
        pytest.param(
            """\
Code        Description
            Qty     Unit price     Total
A100        Office chair, black
            2       150.00         300.00
B200        Desk lamp
            1       35.00          35.00
""",
            {"total": "335.00"},
            [("Office chair, black", "2", "300.00"), ("Desk lamp", "1", "35.00")],
            id="two rows an item",
        ),
        pytest.param(
            """\
Označení dodávky         Množství   J.cena    Sazba DPH   Bez DPH    DPH       S DPH
Školení zaměstnanců      2 ks     5 000,00      21 %    10 000,00  2 100,00  12 100,00
Učebnice                 10 ks      250,00      12 %     2 500,00    300,00   2 800,00
""",
            {"subtotal": "12500.00"},
            [("Školení zaměstnanců", "2", "10000.00"), ("Učebnice", "10", "2500.00")],
            id="net, tax and gross of each row",
        ),
        pytest.param(
            """\
Item                     Qty    Price     Total
Blue shirt                 1    25.00     25.00
Shipping                                   5.00
Subtotal                                  30.00
""",
            {"subtotal": "30.00"},
            [("Blue shirt", "1", "25.00"), ("Shipping", None, "5.00")],
            id="a fee among the items of a table",
        ),
        pytest.param(
            """\
ITEMS                              AMOUNT
2 Orange juice                      48.00
1 Peach tea                         40.00
SUBTOTAL                            88.00
""",
            {"subtotal": "88.00"},
            [("Orange juice", "2", "48.00"), ("Peach tea", "1", "40.00")],
            id="quantities in front, without a column",
        ),
    ],
)
def test_layout_of_a_table_is_understood(
    page: str, fields: dict[str, str], expected: list[tuple[str, str | None, str]]
) -> None:
    """Description, quantity and amount; all add up."""
    found = items(page, **fields)

    assert [(value(item.description), value(item.quantity), value(item.amount)) for item in found] == [
        (name, None if quantity is None else Decimal(quantity), Decimal(amount)) for name, quantity, amount in expected
    ]
    assert all(item.amount and item.amount.problem is None for item in found)


def test_position_and_code_in_front_of_a_description_are_no_part_of_it() -> None:
    """Positions count from one row to the next; a long number is a product code."""
    page = """\
# Description                          Amount
1 4012345000016 Paper towels             7.10
2 4012345000023 Coffee filters           2.30
Total                                    9.40
"""
    found = items(page, total="9.40")

    assert rows(found) == [("Paper towels", Decimal("7.10")), ("Coffee filters", Decimal("2.30"))]
    assert [value(item.product_code) for item in found] == ["4012345000016", "4012345000023"]
    assert [value(item.quantity) for item in found] == [None, None]


def test_table_goes_on_over_pages_without_a_second_header() -> None:
    """The columns are those of the first page, as long as no sum ended the table."""
    first = """\
Description            Qty     Price     Amount
Chair                    2     50.00     100.00
"""
    second = """\
Acme Ltd   Invoice 17  page 2
Lamp                     4     10.00      40.00
Subtotal                                 140.00
"""
    assert rows(items(first, second, subtotal="140.00")) == [("Chair", Decimal("100.00")), ("Lamp", Decimal("40.00"))]


def test_items_of_a_credit_note_are_negative_as_printed() -> None:
    """The amounts add up with their signs; "Rückgabe" names goods here, not change."""
    page = """\
Artikel                   Menge    Preis      Betrag
Rückgabe Bohrer              -1   120,00     -120,00
Nettobetrag                                  -120,00
"""
    found = items(page, subtotal="-120.00")

    assert rows(found) == [("Rückgabe Bohrer", Decimal("-120.00"))]
    assert all(item.amount and item.amount.problem is None for item in found)


def test_column_that_counts_the_rows_holds_no_product_codes() -> None:
    """One and two are positions."""
    page = """\
Item        Unit price   Qty   Description                      Line total
1                10.00     2   Blue pens, box of ten                 20.00
2                 5.00     1   Paper clips                            5.00
"""
    found = items(page, total="25.00")

    assert [value(item.product_code) for item in found] == [None, None]
    assert rows(found) == [("Blue pens, box of ten", Decimal("20.00")), ("Paper clips", Decimal("5.00"))]
