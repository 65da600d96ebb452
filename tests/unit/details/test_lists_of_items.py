"""Items without a header, as tills print them."""

from decimal import Decimal

import pytest

from lib.details.items import read_items
from lib.document import Field
from lib.extraction import Item, TaxLine
from tests.unit.details.drawn import parsed_pages, settled


def items(page: str, **fields: str) -> tuple[Item, ...]:
    """The items of a drawn receipt with these settled fields."""
    return read_items(parsed_pages(page), fields=settled(**fields), taxes=())


def value(leaf: Field | None) -> object:
    """The value of a leaf."""
    return leaf.value if leaf else None


def rows(found: tuple[Item, ...]) -> list[tuple[object, object]]:
    """Description and amount of each item."""
    return [(value(item.description), value(item.amount)) for item in found]


RECEIPT = """\
Corner Shop
14 Mill Lane
Bread                       2.10
Milk                        1.05
Cheese                      4.20
Total                       7.35
Cash                       10.00
Change                      2.65
"""


def test_items_stand_between_head_and_total() -> None:
    """Neither the total nor what was paid is an item, and the address is none."""
    found = items(RECEIPT, total="7.35")

    assert rows(found) == [("Bread", Decimal("2.10")), ("Milk", Decimal("1.05")), ("Cheese", Decimal("4.20"))]
    assert all(item.amount and item.amount.problem is None for item in found)


@pytest.mark.parametrize(
    ("row", "quantity", "price", "name"),
    [
        pytest.param("2 x Coffee                 3.00", "2", None, "Coffee", id="before the name"),
        pytest.param("2 Coffee          1.50     3.00", "2", "1.50", "Coffee", id="before the name, price behind"),
        pytest.param("Coffee x2                  3.00", "2", None, "Coffee", id="behind the name"),
        pytest.param("Coffee      2 x 1.50       3.00", "2", "1.50", "Coffee", id="inside"),
        pytest.param("Coffee      2 @ 1.50       3.00", "2", "1.50", "Coffee", id="at a price"),
        pytest.param("Coffee      2   1.50       3.00", "2", "1.50", "Coffee", id="in columns"),
        pytest.param("Coffee  0.500 kg x 6.00    3.00", "0.500", "6.00", "Coffee", id="weight"),
        pytest.param(
            "Coffee\n2 x 1.50             3.00", "2", "1.50", "Coffee", id="on the row below, with the amount"
        ),
        pytest.param("Coffee                     3.00\n2 x 1.50", "2", "1.50", "Coffee", id="on the row below"),
        pytest.param(
            "Coffee                     3.00\nAntal: 2 st 1.50 kr/st", "2", "1.50", "Coffee", id="with a label"
        ),
        pytest.param("2 x 1.50\nCoffee                     3.00", "2", "1.50", "Coffee", id="on the row above"),
        pytest.param("Coffee\n2 gab X 1.50 EUR             3.00 A", "2", "1.50", "Coffee", id="with an unknown unit"),
    ],
)
def test_quantity_is_read_wherever_it_stands(row: str, quantity: str, price: str | None, name: str) -> None:
    """Before the name, behind it, inside, above or below; the price with it where it is printed."""
    found = items(f"{row}\nBread                      2.10\nTotal                      5.10\n", total="5.10")

    assert rows(found) == [(name, Decimal("3.00")), ("Bread", Decimal("2.10"))]
    assert value(found[0].quantity) == Decimal(quantity)
    assert value(found[0].unit_price) == (Decimal(price) if price else None)


def test_deposit_taken_back_is_an_item_of_its_own() -> None:
    """Its amount is negative; it is no discount on what stands above."""
    page = """\
Wasser                      4,99 A
Leergut                    -2,00 A
SUMME                       2,99
"""
    assert rows(items(page, total="2.99")) == [("Wasser", Decimal("4.99")), ("Leergut", Decimal("-2.00"))]


def test_discount_below_an_item_with_the_price_that_is_left_belongs_to_it() -> None:
    """The row states what is taken off and what is left."""
    page = """\
Noodles                     3.60
Disc. -0.50  final          3.10
Tea                         1.00
TOTAL                       4.10
"""
    found = items(page, total="4.10")

    assert rows(found) == [("Noodles", Decimal("3.60")), ("Tea", Decimal("1.00"))]
    assert value(found[0].discount) == Decimal("0.50")


def test_tax_class_behind_an_amount_gives_the_rate_that_the_table_explains() -> None:
    """A is 19 percent and B is 7."""
    page = """\
Seife                       2,00 A
Brot                        3,00 B
SUMME                       5,00
A 19,0%   1,68   0,32       2,00
B 7,0%    2,80   0,20       3,00
"""
    found = items(page, total="5.00", tax_amount="0.52")

    assert [value(item.tax_rate) for item in found] == [Decimal("19.0"), Decimal("7.0")]


def test_row_that_states_the_sum_of_the_rows_above_is_no_item() -> None:
    """Its label is unknown; its amount tells what it is."""
    page = """\
Ink                         8.00
Stamps                     11.20
Frame                     150.00
Xyzzy                     169.20
Sales tax                  13.54
Total                     182.74
"""
    assert [amount for _, amount in rows(items(page, total="182.74"))] == [
        Decimal("8.00"),
        Decimal("11.20"),
        Decimal("150.00"),
    ]


def test_words_that_rarely_name_goods_count_where_the_sum_needs_them() -> None:
    """A gift card is a way to pay, and here it is what was bought."""
    page = """\
Chocolate                   5.00
Gift card                  20.00
Total                      25.00
Visa                       25.00
"""
    assert rows(items(page, total="25.00")) == [("Chocolate", Decimal("5.00")), ("Gift card", Decimal("20.00"))]


def test_prices_inside_of_remarks_are_no_items() -> None:
    """They stand aside of the column of amounts, and the amounts in it add up."""
    page = """\
Shirt                         9.40
 Return value 9.40
Socks                         3.20
 Return value 3.20
Scarf                        14.00
Subtotal                     26.60
"""
    assert [amount for _, amount in rows(items(page, subtotal="26.60"))] == [
        Decimal("9.40"),
        Decimal("3.20"),
        Decimal("14.00"),
    ]


def test_fee_below_the_items_is_none_and_among_them_is_one() -> None:
    """A service charge at the end is stated elsewhere; "Delivery" between goods was bought."""
    page = """\
Pizza                      12.00
Delivery                    3.00
Salad                       6.00
Service charge              2.10
Total                      23.10
"""
    assert rows(items(page, total="23.10")) == [
        ("Pizza", Decimal("12.00")),
        ("Delivery", Decimal("3.00")),
        ("Salad", Decimal("6.00")),
    ]


def test_amounts_without_decimals_are_read_where_the_document_prints_none() -> None:
    """A price in rupiah has thousands only."""
    page = """\
Nasi goreng                25.000
Es teh                      5.000
Total                      30.000
"""
    assert rows(items(page, total="30000")) == [("Nasi goreng", Decimal(25000)), ("Es teh", Decimal(5000))]


def test_document_without_amounts_has_no_items() -> None:
    """A letter is no receipt."""
    assert items("Dear customer,\nthank you for your order of 12 March.\n") == ()


def test_amounts_that_are_reduced_already_add_up_as_they_are() -> None:
    """The discount below is told for information: 12.10 is what is paid."""
    page = """\
Tomatoes                   12.10
Discount  3.90
Bread                       2.00
Total                      14.10
"""
    found = items(page, total="14.10")

    assert rows(found) == [("Tomatoes", Decimal("12.10")), ("Bread", Decimal("2.00"))]
    assert all(item.amount and item.amount.problem is None for item in found)


def test_one_row_alone_that_adds_up_to_nothing_is_no_item() -> None:
    """Any text has an amount somewhere."""
    assert items("Price per liter            1.799\nPlease have ready      40.00\n", total="31.20") == ()


def test_rate_between_name_and_amount_is_the_tax_rate_where_the_document_states_it() -> None:
    """15 percent is a rate of this receipt; 3.5 percent is fat."""
    page = """\
Milk 3.5%                 20.00
Bread         15%         30.00
Sum                       50.00
"""
    parsed = parsed_pages(page)
    rate = Field("rate", Decimal(15), "15", 0.9)
    found = read_items(parsed, fields=settled(total="50.00"), taxes=(TaxLine(rate=rate),))

    assert rows(found) == [("Milk 3.5%", Decimal("20.00")), ("Bread", Decimal("30.00"))]
    assert [value(item.tax_rate) for item in found] == [None, Decimal(15)]


def test_number_inside_of_a_name_stays_in_it() -> None:
    """A size or the value of a deposit is no unit price."""
    page = """\
2 Bier 0,5l          4,20    8,40
Pfand 0,25                   0,25
Summe                        8,65
"""
    found = items(page, total="8.65")

    assert rows(found) == [("Bier 0,5l", Decimal("8.40")), ("Pfand 0,25", Decimal("0.25"))]
    assert [value(item.unit_price) for item in found] == [Decimal("4.20"), None]


def test_rows_below_the_total_are_no_items_even_in_words_that_no_locale_has() -> None:
    """One amount was misread, so that nothing adds up; the row of the settled total ends the list all the same."""
    page = """\
Qwert                       4.00
Asdfg                       5.00
Yxcvb                       6.00
Plmok                       1.00
Zzyzx                      25.00
Bonus                       0.56
"""
    assert [amount for _, amount in rows(items(page, total="25.00"))] == [
        Decimal("4.00"),
        Decimal("5.00"),
        Decimal("6.00"),
        Decimal("1.00"),
    ]


def test_list_does_not_begin_in_its_middle_because_a_part_adds_up_by_chance() -> None:
    """Only rows of the head may stand above the first item."""
    page = """\
Apples                      3.00
Pears                       4.00
Plums                       2.50
Grapes                      6.00
Melon                       5.00
Figs                        1.00
Total                      12.00
"""
    found = items(page, total="12.00")

    assert [name for name, _ in rows(found)][:2] == ["Apples", "Pears"]
    assert all(item.amount and item.amount.problem == "items_disagree" for item in found)


def test_last_item_may_be_free() -> None:
    """Nothing is taxed, and yet what costs nothing is no tax."""
    found = items("Bread   2.10\nCheese   4.20\nFree sample   0.00\nTotal   6.30", total="6.30")

    assert rows(found)[-1] == ("Free sample", Decimal("0.00"))
