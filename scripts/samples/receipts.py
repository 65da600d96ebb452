"""Receipts: what tills, taxis and kitchens print on narrow rolls.

In: a bill and a wording. Out: one sheet, as long as its text. Every layout is a list of blocks; the blocks are the
functions below.
"""

from collections.abc import Iterable

from scripts.samples.bill import Bill, Item, Party, TaxLine
from scripts.samples.fonts import Face, wrapped
from scripts.samples.paper import Column, Pen, Sheet
from scripts.samples.wording import Wording

ROLL_80 = 226.8
"""Points: the 80 mm roll."""
ROLL_58 = 164.4
"""Points: the 58 mm roll."""


def till(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A supermarket till: one line an item, the tax after the payment, a bar code."""
    pen = Pen(ROLL_80, margin=14, face="mono", size=8.2)
    _heading(pen, bill.seller, face="sans-bold", size=15)
    _facts(pen, bill, words)
    pen.dashes()
    _items_in_one_line(pen, bill, words)
    pen.dashes()
    _summary(pen, bill, words, total_size=12)
    _payment(pen, bill, words)
    if bill.statement == "table":
        pen.dashes()
        _tax_table(pen, bill, words)
    _notes(pen, bill)
    _bar_code(pen, bill.number)
    return (pen.sheet(),)


def kiosk(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A small shop's narrow roll: the item's name above its quantity and price."""
    bill.require("added", "included", "untaxed")
    pen = Pen(ROLL_58, margin=9, face="mono", size=7)
    _heading(pen, bill.seller, face="mono", size=10)
    pen.dashes("=")
    _facts(pen, bill, words)
    pen.dashes("=")
    _items_in_two_lines(pen, bill, words)
    pen.dashes("=")
    _summary(pen, bill, words, total_size=9)
    _payment(pen, bill, words)
    _notes(pen, bill)
    return (pen.sheet(),)


def fiscal(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A fiscal printer: a centered title, and the tax of each class before the total."""
    bill.require("included")
    pen = Pen(ROLL_80, margin=14, face="narrow", size=8.6)
    _heading(pen, bill.seller, face="narrow-bold", size=11)
    pen.feed(0.4)
    pen.write(words.label("title"), align="center", face="narrow-bold", size=10.5)
    pen.feed(1.4)
    _items_in_one_line(pen, bill, words)
    pen.rule()
    pen.feed()
    _taxes(pen, bill, words)
    _total(pen, bill, words, size=13, face="narrow-bold")
    _payment(pen, bill, words)
    pen.rule()
    pen.feed()
    _facts(pen, bill, words)
    _notes(pen, bill)
    return (pen.sheet(),)


def diner(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A restaurant's check: columns with headings, set in a book face."""
    bill.require("added", "included", "untaxed")
    pen = Pen(ROLL_80, margin=16, face="serif", size=9.4)
    _heading(pen, bill.seller, face="serif-bold", size=17)
    pen.rule(thickness=1)
    pen.feed()
    _facts(pen, bill, words)
    _items_in_columns(pen, bill, words)
    pen.rule()
    pen.feed()
    _summary(pen, bill, words, total_size=13, face="serif-bold")
    _payment(pen, bill, words)
    _notes(pen, bill)
    return (pen.sheet(),)


def digital(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A receipt that is mailed, never printed: a colored head, plenty of white."""
    bill.require("table")
    pen = Pen(298, margin=24, face="sans", size=8.6, leading=1.5)
    accent = (24, 94, 84)
    pen.box(0, 0, pen.width, 52, color=accent)
    pen.y = 33
    pen.write(bill.seller.name, face="sans-bold", size=14, color=(255, 255, 255))
    pen.y = 72
    pen.lines((*bill.seller.address, *bill.seller.contact, *bill.seller.registration))
    pen.feed(0.4)
    pen.write(words.label("title"), face="sans-bold", size=12, color=accent)
    pen.feed(1.5)
    _facts(pen, bill, words)
    _items_in_columns(pen, bill, words)
    pen.rule()
    pen.feed()
    _summary(pen, bill, words, total_size=11, face="sans-bold")
    _payment(pen, bill, words)
    pen.rule(color=(170, 170, 170))
    pen.feed()
    _tax_table(pen, bill, words)
    _notes(pen, bill)
    return (pen.sheet(),)


def _heading(pen: Pen, seller: Party, *, face: Face, size: float) -> None:
    pen.y += size - pen.size
    for line in wrapped(seller.name, face=face, size=size, width=pen.right - pen.left):
        pen.write(line, align="center", face=face, size=size)
        pen.y += 1.15 * size
    if seller.slogan:
        pen.lines([seller.slogan], align="center")
    pen.lines((*seller.address, *seller.contact, *seller.registration), align="center")
    pen.feed(0.5)


def _facts(pen: Pen, bill: Bill, words: Wording) -> None:
    pen.pair(words.label("receipt_no", number=bill.number), bill.time)
    pen.pair(words.label("date"), words.date(bill.issued))
    for label, value in bill.details:
        pen.pair(label, value)


def _tax_class(bill: Bill, item: Item) -> str:
    """The letter tills print behind an amount, where prices include tax."""
    if bill.statement not in {"table", "included"}:
        return ""
    return " " + "ABCD"[[line.rate for line in bill.taxes].index(item.rate)]


def _items_in_one_line(pen: Pen, bill: Bill, words: Wording) -> None:
    for item in bill.items:
        name = item.name if item.quantity == 1 else f"{words.plain(item.quantity)} x {item.name}"
        pen.pair(name, words.number(bill.amount(item)) + _tax_class(bill, item))


def _items_in_two_lines(pen: Pen, bill: Bill, words: Wording) -> None:
    for item in bill.items:
        pen.lines([item.name])
        count = f"  {words.plain(item.quantity)}{item.unit} x {words.number(bill.price(item))}"
        pen.pair(count, words.number(bill.amount(item)) + _tax_class(bill, item))


def _items_in_columns(pen: Pen, bill: Bill, words: Wording) -> None:
    columns = (Column(pen.left), Column(pen.left + 32), Column(pen.right - 48, "right"), Column(pen.right, "right"))
    pen.feed(0.4)
    pen.row([words.label(key) for key in ("quantity", "item", "price", "amount")], columns, face=_bold(pen.face))
    pen.feed(0.6)
    pen.rule()
    pen.feed()
    for item in bill.items:
        price, amount = bill.price(item), bill.amount(item)
        pen.row((words.plain(item.quantity), item.name, words.number(price), words.number(amount)), columns)
        pen.feed()


def _bold(face: Face) -> Face:
    bolds: dict[Face, Face] = {"serif": "serif-bold", "sans": "sans-bold", "narrow": "narrow-bold"}
    return bolds.get(face, face)


def _summary(pen: Pen, bill: Bill, words: Wording, *, total_size: float, face: Face | None = None) -> None:
    if bill.statement == "added":
        pen.pair(words.label("subtotal"), words.number(bill.subtotal))
        _taxes(pen, bill, words)
    for extra in bill.extras:
        pen.pair(extra.label, words.number(bill.rounded(extra.amount)))
    _total(pen, bill, words, size=total_size, face=face or pen.face)
    if bill.statement == "included":
        _taxes(pen, bill, words)


def _taxes(pen: Pen, bill: Bill, words: Wording) -> None:
    for letter, line in zip("ABCD", bill.taxes, strict=False):
        pen.pair(words.label("tax", rate=words.plain(line.rate), letter=letter), words.number(line.tax))
    if len(bill.taxes) > 1:
        pen.pair(words.label("tax_sum"), words.number(bill.tax))


def _total(pen: Pen, bill: Bill, words: Wording, *, size: float, face: Face) -> None:
    pen.feed(0.35)
    pen.pair(words.label("total"), words.amount(bill.total), face=face, size=size)
    pen.feed(0.15)


def _payment(pen: Pen, bill: Bill, words: Wording) -> None:
    if bill.card:
        pen.pair(bill.card, words.number(bill.total))
    if bill.tendered is not None:
        tendered = bill.rounded(bill.tendered)
        pen.pair(words.label("cash"), words.number(tendered))
        pen.pair(words.label("change"), words.number(tendered - bill.total))


def _tax_table(pen: Pen, bill: Bill, words: Wording) -> None:
    step = (pen.right - pen.left) / 3.6
    columns = (Column(pen.left), *(Column(pen.right - step * i, "right") for i in (2, 1, 0)))
    pen.row([words.label(key) for key in ("rate", "net", "vat", "gross")], columns)
    pen.feed()
    for letter, line in zip("ABCD", bill.taxes, strict=False):
        pen.row((f"{letter} {words.plain(line.rate)}%", *_sums([line], words)), columns)
        pen.feed()
    pen.row((words.label("sum"), *_sums(bill.taxes, words)), columns)
    pen.feed()


def _sums(lines: Iterable[TaxLine], words: Wording) -> tuple[str, ...]:
    """Net, tax and gross of `lines` together, as printed."""
    columns = zip(*((line.net, line.tax, line.gross) for line in lines), strict=True)
    return tuple(words.number(sum(column[1:], column[0])) for column in columns)


def _notes(pen: Pen, bill: Bill) -> None:
    pen.feed(0.6)
    for note in bill.notes:
        lines = wrapped(note, face=pen.face, size=pen.size, width=pen.right - pen.left)
        pen.lines(lines, align="center")


def _bar_code(pen: Pen, number: str) -> None:
    """Bars as wide as the bits of the digits say; no reader of bar codes would accept them."""
    widths = [1 + int(bit) for sign in number for bit in f"{ord(sign):08b}"]
    unit, x = (pen.right - pen.left) / sum(widths), pen.left
    for width in widths:
        pen.box(x, pen.y, x + unit * width / 2, pen.y + 24)
        x += unit * width
    pen.y += 24 + 1.2 * pen.size
    pen.write(number, align="center")
