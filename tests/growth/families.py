"""Families of hostile pages: what a stranger may write to make a reader slow, in any size.

In: a number of pieces. Out: pages with spans as OCR or a text layer give them. A family is one idea (a text that
repeats in one line, or an arrangement of words on a page), so that its cost can be compared over sizes.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from lib.document import BBox, Page, Span, Word

Family = Callable[[int], tuple[Page, ...]]
Piece = Callable[[int], str]

HEIGHT = 20.0
"""Pixels of a line of text."""


def _name(number: int) -> str:
    """A word of letters that no other number has."""
    letters = ""
    while number or not letters:
        number, digit = divmod(number, 17)
        letters += "bcdfghjklmnpqrstv"[digit] + "aeiou"[(number + digit) % 5]
    return letters


def _date(number: int) -> str:
    return f"{number % 28 + 1:02}.{number // 28 % 12 + 1:02}.{1990 + number // 336 % 60}"


def _amount(number: int) -> str:
    return f"{number // 100 + 1}.{number % 100:02}"


PIECES: Mapping[str, Piece] = {
    "date": _date,
    "date again": lambda _: "01.02.2024",
    "ambiguous date": lambda i: f"{i % 12 + 1:02}/{i // 12 % 12 + 1:02}/2024",
    "month name": lambda i: f"{i % 28 + 1} March {1990 + i % 60}",
    "month without year": lambda i: f"{i % 28 + 1} March",
    "word and digit": lambda i: f"{i % 9 + 1} {_name(i)}",
    "compact date": lambda i: f"2024{i % 12 + 1:02}{i % 28 + 1:02}",
    "amount": _amount,
    "amount again": lambda _: "1.23",
    "amount with mark": lambda i: f"€{_amount(i)}",
    "amount with code": lambda i: f"{_amount(i)} EUR",
    "integer": lambda i: str(i + 1),
    "digit": lambda i: str(i % 10),
    "group of thousands": lambda _: "123",
    "percent": lambda i: f"{i % 30}.{i % 100:02}%",
    "rate and tax": lambda i: f"19% {_amount(i)}",
    "look-alike": lambda _: "0O.lI",
    "point": lambda _: "1.",
    "slash": lambda _: "1/2/",
    "colon": lambda _: "$1:23",
    "bracket": lambda _: "(1",
    "minus": lambda _: "-1-",
    "currency code": lambda i: ("EUR", "USD", "CHF")[i % 3],
    "currency sign": lambda _: "$",
    "shy currency word": lambda _: "dollar",
    "total": lambda _: "Total",
    "tax": lambda _: "VAT",
    "excluding tax": lambda _: "Total excl. VAT",
    "keyword and amount": lambda i: f"Total {_amount(i)}",
    "glued keywords": lambda _: "totaltaxdate",
    "almost a keyword": lambda _: "tota1l",
    "date keyword": lambda i: f"Date: {_date(i)}",
    "due date": lambda i: f"Due date: {_date(i)}",
    "invoice number": lambda i: f"Invoice No. A{i}",
    "invoice label": lambda _: "Invoice No.",
    "title": lambda i: f"Invoice #{i}",
    "seller": lambda _: "Sold by",
    "seller with colon": lambda i: f"Sold by: {_name(i)}",
    "customer": lambda i: f"Bill to {_name(i)}",
    "tax number": lambda i: f"DE{100000000 + i}",
    "tax number label": lambda i: f"VAT ID: DE{100000000 + i}",
    "tax number shape": lambda i: f"A{i} 1",
    "prefix": lambda _: "DE 1",
    "iban": lambda _: "DE89 3704 0044 0532 0130 00",
    "almost an iban": lambda i: f"DE{i % 100:02} 3704",
    "phone": lambda i: f"+49 30 {1000000 + i}",
    "legal form": lambda _: "GmbH",
    "company": lambda i: f"{_name(i)} GmbH",
    "company in a list": lambda i: f"{_name(i)} GmbH,",
    "company statement": lambda i: f"{_name(i)} Ltd is a registered in",
    "bank": lambda i: f"{_name(i)} Bank",
    "street": lambda i: f"{i} {_name(i)} Street",
    "postcode": lambda i: f"{10000 + i % 90000} Berlin",
    "site": lambda i: f"www.{_name(i)}.de",
    "mail": lambda i: f"{_name(i)}@{_name(i)}.com",
    "domain labels": lambda i: f"{_name(i)}.",
    "distinct word": _name,
    "long word": lambda i: _name(i) * 20,
    "stars": lambda _: "*-*",
    "separator": lambda i: f"{_name(i)} ·",
    "comma": lambda i: f"{_name(i)},",
    "quantity": lambda i: f"{i % 9}x",
    "masked card": lambda _: "***1234",
    "mask": lambda _: "* x",
    "order": lambda i: f"1 PO {i}",
    "bank's code": lambda i: f"BIC {_name(i)}",
    "payment on account": lambda i: f"Deposit {_amount(i)}",
    "paid": lambda _: "Paid",
    "name label": lambda _: "Name:",
    "person": lambda i: f"z. Hd. Frau {_name(i)}",
    "salutation": lambda _: "Dear customer,",
    "mere number": lambda _: "Number",
    "number of three": lambda i: f"{i % 900 + 100}",
    "national tax number": lambda i: f"20-{10000000 + i}-2",
    "clock": lambda _: "12:30",
    "thai": lambda _: "รวมทั้งสิ้น",
    "thai date": lambda i: f"{i % 28 + 1}/1/67 วันที่",
    "era": lambda i: f"令和{i % 9}年1月2日",
    "arabic": lambda i: f"مجموع {i}",
    "cyrillic": lambda i: f"Итого {_amount(i)} руб",
    "combining mark": lambda _: "e\u0301",
    "surrogate": lambda _: "\ud800",
    "full width": lambda i: f"￥{i}",
    "page of": lambda i: f"{i} of {i}",
    "thanks": lambda _: "thank you",
    "file name": lambda i: f"{_name(i)}_a.xml",
}
"""What repeats in a line, by name."""

SEPARATORS: Mapping[str, str] = {
    "space": " ",
    "no-break space": "\u00a0",
    "thin space": "\u2009",
    "zero-width space": "\u200b",
    "right-to-left override": "\u202e",
    "nothing": "",
    "comma": ",",
    "many spaces": "    ",
    "tab": "\t",
    "bar": "|",
    "dash": " - ",
    "newline": "\n",
}
"""What stands between two pieces of a line, by name."""

ODDLY_SEPARATED = (
    "date",
    "amount",
    "month name",
    "keyword and amount",
    "distinct word",
    "company",
    "tax number",
    "site",
)
"""Pieces that are tried with every separator; the others with a space."""


def in_line(piece: Piece, separator: str, *, words: bool = False) -> Family:
    """One line of a page in which a piece repeats.

    Args:
        piece: By its number.
        separator: Between two pieces.
        words: Whether the pieces are words of the span, as in text layers; else the line is divided at its white space.
    """

    def family(number: int) -> tuple[Page, ...]:
        pieces = [piece(i) for i in range(number)]
        text = separator.join(pieces)
        width = max(1.0, len(text) * HEIGHT / 2)
        box = BBox(10, 10, 10 + width, 10 + HEIGHT)
        step = width / number
        known = tuple(
            Word(one, BBox(10 + step * i, 10, 10 + step * (i + 0.9), 10 + HEIGHT)) for i, one in enumerate(pieces)
        )
        return (_page([Span(text, box.as_polygon(), 1.0, known if words else ())]),)

    return family


def _page(spans: list[Span], *, page_index: int = 0) -> Page:
    width = max((x for span in spans for x, _ in span.polygon), default=10)
    height = max((y for span in spans for _, y in span.polygon), default=10)
    return Page(page_index, math.ceil(width) + 10, math.ceil(height) + 10, "text_layer", spans=tuple(spans))


def _span(text: str, x: float, y: float, *, width: float | None = None, height: float = HEIGHT) -> Span:
    box = BBox(x, y, x + (len(text) * HEIGHT / 2 if width is None else width), y + height)
    return Span(text, box.as_polygon(), 1.0)


def in_column(*pieces: Piece, gap: float = 1.2) -> Family:
    """Rows under each other, each with one span for each of the pieces, far apart."""

    def family(number: int) -> tuple[Page, ...]:
        rows = range(max(1, number // len(pieces)))
        places = ((row, column, piece(row)) for row in rows for column, piece in enumerate(pieces))
        return (_page([_span(text, 10 + 400 * column, 10 + row * HEIGHT * gap) for row, column, text in places]),)

    return family


def in_row(piece: Piece) -> Family:
    """One row of spans so far apart that each is a cell."""

    def family(number: int) -> tuple[Page, ...]:
        x, spans = 10.0, []
        for i in range(number):
            text = piece(i)
            spans.append(_span(text, x, 10))
            x += (len(text) + 8) * HEIGHT / 2
        return (_page(spans),)

    return family


def in_grid(piece: Piece) -> Family:
    """A square of cells."""

    def family(number: int) -> tuple[Page, ...]:
        side = max(1, math.isqrt(number))
        places = ((i % side, i // side, piece(i)) for i in range(number))
        return (_page([_span(text, 10 + 200 * column, 10 + 25 * row, width=150) for column, row, text in places]),)

    return family


def on_pages(piece: Piece, *, most: int = 1000) -> Family:
    """Many pages of one line each, and of more lines beyond so many."""

    def family(number: int) -> tuple[Page, ...]:
        pages = min(number, most)
        numbers = iter(range(number))
        rows = math.ceil(number / pages)
        return tuple(
            _page([_span(piece(i), 10, 10 + 25 * row) for row, i in enumerate(islice(numbers, rows))], page_index=index)
            for index in range(pages)
        )

    return family


def _same_place(number: int) -> tuple[Page, ...]:
    return (_page([_span(_name(i), 100, 100, width=60) for i in range(number)]),)


def _same_word_same_place(number: int) -> tuple[Page, ...]:
    return (_page([_span("Total", 100, 100, width=60) for _ in range(number)]),)


def _rotated(number: int) -> tuple[Page, ...]:
    """Words that run down the page, side by side on one height."""
    spans = []
    for i in range(number):
        x = 10 + i * 2.0
        spans.append(Span(_name(i), ((x + 10, 10), (x + 10, 90), (x, 90), (x, 10)), 1.0))
    return (_page(spans),)


def _rotated_column(number: int) -> tuple[Page, ...]:
    """Words that run down the page, all over each other."""
    spans = []
    for i in range(number):
        y = 10 + i * 0.5
        spans.append(Span(_name(i), ((20, y), (20, y + 80), (10, y + 80), (10, y)), 1.0))
    return (_page(spans),)


def _staircase(number: int) -> tuple[Page, ...]:
    """Each word a little lower and further right than the one before."""
    return (_page([_span(_name(i), 10 + 30 * i, 10 + 2.0 * i, width=25) for i in range(number)]),)


def _staircase_up(number: int) -> tuple[Page, ...]:
    return (_page([_span(_name(i), 10 + 30 * i, 10 + 2.0 * (number - i), width=25) for i in range(number)]),)


def _overlapping_row(number: int) -> tuple[Page, ...]:
    """Words of one height that overlap their neighbors."""
    return (_page([_span(_amount(i), 10 + 5 * i, 10, width=60) for i in range(number)]),)


def _one_wide_over_many(number: int) -> tuple[Page, ...]:
    """Lines that reach across a row of words at the same height."""
    wide = [_span(_name(i), 10, 10 + i * 0.01, width=20.0 * number) for i in range(number // 2)]
    return (_page([*wide, *(_span(_name(i), 10 + 40 * i, 10, width=30) for i in range(number // 2))]),)


def _mixed_heights(number: int) -> tuple[Page, ...]:
    """Words of very different heights at one height of the page."""
    sizes = [1.0 + i % 200 for i in range(number)]
    return (
        _page([_span(_name(i), 10 + 30 * i, 300 - size / 2, width=25, height=size) for i, size in enumerate(sizes)]),
    )


def _tiny_rows(number: int) -> tuple[Page, ...]:
    """Rows so close that hundreds are within reach of each other, under one tall column."""
    tall = [_span(_name(i), 500, 10 + 300.0 * i, width=100, height=280) for i in range(number // 2)]
    return (_page([*tall, *(_span(_name(i), 10, 10 + 0.5 * i, width=30, height=0.4) for i in range(number // 2))]),)


def _columns_of_text(number: int) -> tuple[Page, ...]:
    """Two columns of running text side by side in each of many blocks, which are read one column after the other."""
    spans: list[Span] = []
    rows = number // 8
    for row in range(rows):
        y = 10 + 25 * row + 40 * (row // 4)
        spans += [_span(f"{_name(row)} and the {_name(row + 1)} words", x, y, width=400) for x in (10, 800)]
    return (_page(spans),)


def _columns_beside_columns(number: int) -> tuple[Page, ...]:
    """Columns of running text in a long row, three lines high."""
    columns = number // 9
    texts = ((c, r, f"{_name(c)} of the words") for c in range(columns) for r in range(3))
    return (_page([_span(text, 10 + 500 * c, 10 + 25 * r, width=400) for c, r, text in texts]),)


def _narrowing_gutters(number: int) -> tuple[Page, ...]:
    """One block of rows with a few pieces each, whose gutters reach far down and are looked for from each row."""
    rows = number // 3
    spans = []
    for row in range(rows):
        y = 10 + 25 * row
        spans += [_span("11 22", x, y, width=100) for x in (10, 300, 600)]
    return (_page(spans),)


def _labels_above_a_row(number: int) -> tuple[Page, ...]:
    """A row of many headings over many rows of amounts."""
    half = number // 2
    heads = [_span("Total", 10 + 100 * i, 10, width=80) for i in range(half)]
    side = max(1, math.isqrt(half))
    cells = ((i % side, i // side, _amount(i)) for i in range(half))
    return (_page([*heads, *(_span(text, 10 + 100 * c, 50 + 25 * r, width=80) for c, r, text in cells)]),)


def _amount_in_many_headed_rows(number: int) -> tuple[Page, ...]:
    """Rows of headings and amounts by turns, all in one column, the amounts the same."""
    texts = ("Total" if i % 2 else "1.23" for i in range(number))
    return (_page([_span(text, 10, 10 + 25 * i) for i, text in enumerate(texts)]),)


def _tax_table(number: int) -> tuple[Page, ...]:
    """Rows of net amount, rate, tax and gross amount at different rates, under a heading."""
    rows = []
    for i in range(number // 5):
        rate, net = i % 29 + 1, (i + 1) * 100
        rows.append(f"VAT {rate}% {net}.00 {net * rate / 100:.2f} {net + net * rate / 100:.2f}")
    return (_page([_span(text, 10, 10 + 25 * i) for i, text in enumerate(rows)]),)


def _rates_in_rows(number: int) -> tuple[Page, ...]:
    """As many different rates as there can be, and as many amounts."""
    texts = (
        f"{i % 30}.{i // 30 % 1000:03}% {_amount(i)} {_amount(i * 7)} {_amount(i * 3)}" for i in range(number // 4)
    )
    return (_page([_span(text, 10, 10 + 25 * i) for i, text in enumerate(texts)]),)


def _discounts(number: int) -> tuple[Page, ...]:
    """Totals and discounts, all different."""
    texts = (f"{'Total' if i % 2 else 'Discount'} {_amount(i * 13)}" for i in range(number // 2))
    return (_page([_span(text, 10, 10 + 25 * i) for i, text in enumerate(texts)]),)


def _parts_and_their_sums(number: int) -> tuple[Page, ...]:
    """Lists of three items, each with its own sum below."""
    texts: list[str] = []
    for i in range(number // 8):
        amounts = (100 + i, 205 + 3 * i, 333 + 7 * i)
        texts += [f"{_name(i)} {_amount(each)}" for each in (*amounts, sum(amounts) + 200)]
    return (_page([_span(text, 10, 10 + 25 * i) for i, text in enumerate(texts)]),)


def _prefixes(number: int) -> tuple[Page, ...]:
    """Companies whose names begin each other, in one line."""
    text = ", ".join("a" * (i % 50 + 4) + " GmbH" for i in range(number))
    return (_page([_span(text, 10, 10)]),)


def _wide_cell(number: int) -> tuple[Page, ...]:
    """One line of many columns whose words stand in the order of their columns, not of their rows."""
    spans = [_span(f"{_date(i)} {_amount(i)}", 10 + 400 * (i % 3), 10 + 25 * (i // 3)) for i in range(number // 2)]
    return (_page(spans[::-1]),)


ARRANGED: Mapping[str, Family] = {
    "grid of amounts": in_grid(_amount),
    "grid of dates": in_grid(_date),
    "grid of words": in_grid(_name),
    "grid of keywords": in_grid(PIECES["total"]),
    "grid of sellers": in_grid(PIECES["seller"]),
    "grid of companies": in_grid(PIECES["company"]),
    "row of amounts": in_row(_amount),
    "row of dates": in_row(_date),
    "row of words": in_row(_name),
    "row of keywords": in_row(PIECES["total"]),
    "row of sellers": in_row(PIECES["seller"]),
    "row of customers": in_row(PIECES["customer"]),
    "row of companies": in_row(PIECES["company"]),
    "row of labels": in_row(lambda _: "Name:"),
    "row of invoice labels": in_row(PIECES["invoice label"]),
    "row of tax numbers": in_row(PIECES["tax number"]),
    "row of tax number labels": in_row(lambda _: "VAT ID"),
    "row of orders": in_row(PIECES["order"]),
    "column of orders and numbers": in_column(PIECES["order"], PIECES["integer"]),
    "column of customers and names": in_column(PIECES["customer"], PIECES["name label"], PIECES["company"]),
    "column of payments": in_column(PIECES["payment on account"]),
    "column of mere numbers": in_column(PIECES["mere number"], PIECES["integer"]),
    "column of tax number labels": in_column(PIECES["tax number label"], PIECES["national tax number"]),
    "row of sites": in_row(PIECES["site"]),
    "column of amounts": in_column(_amount),
    "column of equal amounts": in_column(PIECES["amount again"]),
    "column of dates": in_column(_date),
    "column of equal dates": in_column(PIECES["date again"]),
    "column of words": in_column(_name),
    "column of totals": in_column(PIECES["keyword and amount"]),
    "column of companies": in_column(PIECES["company"]),
    "column of equal companies": in_column(lambda _: "Ada GmbH"),
    "column of announced sellers": in_column(PIECES["seller with colon"]),
    "column of addresses": in_column(PIECES["street"]),
    "column of sites": in_column(PIECES["site"]),
    "column of sites and companies": in_column(PIECES["site"], PIECES["company"]),
    "column of mail addresses": in_column(PIECES["mail"]),
    "column of banks": in_column(PIECES["bank"]),
    "column of sellers": in_column(PIECES["seller"]),
    "column of customers": in_column(PIECES["customer"]),
    "column of tax numbers": in_column(PIECES["tax number"]),
    "column of invoice numbers": in_column(PIECES["invoice number"]),
    "column of due dates": in_column(PIECES["due date"]),
    "column of accounts": in_column(PIECES["iban"]),
    "column of labels and amounts": in_column(PIECES["total"], _amount),
    "column of dates and amounts": in_column(_date, _amount, _amount),
    "column of rates": in_column(PIECES["percent"], _amount, _amount),
    "lines that overlap": in_column(_name, gap=0.1),
    "amounts that overlap": in_column(_amount, gap=0.05),
    "pages of a word": on_pages(_name),
    "pages of a date": on_pages(_date),
    "pages of a total": on_pages(PIECES["keyword and amount"]),
    "pages of a company": on_pages(PIECES["company"]),
    "same place": _same_place,
    "same word, same place": _same_word_same_place,
    "rotated words": _rotated,
    "rotated words over each other": _rotated_column,
    "staircase": _staircase,
    "staircase upwards": _staircase_up,
    "overlapping row": _overlapping_row,
    "wide lines over many words": _one_wide_over_many,
    "mixed heights": _mixed_heights,
    "tiny rows": _tiny_rows,
    "columns of text": _columns_of_text,
    "columns beside columns": _columns_beside_columns,
    "gutters": _narrowing_gutters,
    "headings over a grid": _labels_above_a_row,
    "heading over each amount": _amount_in_many_headed_rows,
    "tax table": _tax_table,
    "many rates": _rates_in_rows,
    "discounts": _discounts,
    "parts and their sums": _parts_and_their_sums,
    "companies that begin each other": _prefixes,
    "columns upside down": _wide_cell,
}
"""Arrangements of words on pages, by name."""


def _lines() -> Iterator[tuple[str, Family]]:
    for name, piece in PIECES.items():
        yield f"line of {name}", in_line(piece, " ")
    for name in ODDLY_SEPARATED:
        for called, separator in SEPARATORS.items():
            if separator != " ":
                yield f"line of {name}, {called}", in_line(PIECES[name], separator)
        yield f"words of {name}", in_line(PIECES[name], " ", words=True)


FAMILIES: Mapping[str, Family] = dict([*_lines(), *ARRANGED.items()])
"""All of them, by name."""
