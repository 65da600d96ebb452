"""Invoices on A4 or US Letter, over as many pages as their items need.

In: a bill and a wording. Out: one sheet a page; the merchant stands on the first, the totals on the last.
"""

from scripts.samples.bill import Bill, Party
from scripts.samples.folio import GRAY, LIGHT, WHITE, Folio, Style, frame
from scripts.samples.fonts import wrapped
from scripts.samples.paper import BLACK, LETTER, Pen, Sheet
from scripts.samples.wording import Wording


def letter(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A business letter: the buyer in the window, number and dates in a block beside."""
    return _letter(bill, words, Style())


def letter_serif(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """The same letter, set in a book face with a warmer accent."""
    return _letter(bill, words, Style(face="serif", bold="serif-bold", size=10, accent=(122, 46, 32)))


def banner(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """A colored banner, and below it number and dates side by side, each under its label; A4."""
    return _banner(bill, words, Style(face="narrow", bold="narrow-bold", size=9.4, accent=(36, 84, 72)))


def banner_us(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """The same banner on US Letter."""
    return _banner(bill, words, Style(paper=LETTER, accent=(31, 58, 95)))


def ledger(bill: Bill, words: Wording) -> tuple[Sheet, ...]:
    """The Eastern European form: bank details in a frame, a titled line, a fully ruled table, signatures."""
    style = Style(face="serif", bold="serif-bold", size=10, ruled=True, accent=BLACK)
    pages = Folio(bill, words, style)
    pen = pages.pen
    _bank_frame(pen, bill, style)
    number = f"{words.label('number_sign')} {bill.number}"
    title = f"{words.label('title')} {number} {words.label('of')} {words.date(bill.issued)}"
    pen.write(title, face=style.bold, size=14)
    pen.feed(0.9)
    pen.rule(thickness=1.4)
    pen.feed(1.4)
    for key, party in (("seller", bill.seller), ("buyer", bill.buyer)):
        if party:
            _party_line(pen, words.label(key), party, style)
    pen.feed(0.5)
    pages.items()
    pages.totals()
    _signatures(pages.pen, bill, words)
    return pages.sheets()


def _letter(bill: Bill, words: Wording, style: Style) -> tuple[Sheet, ...]:
    pages = Folio(bill, words, style)
    pen = pages.pen
    _letterhead(pen, bill.seller, style)
    top = pen.y = 158
    _buyer(pen, bill, words, style)
    pen.y, bottom = top, pen.y
    _fact_block(pen, bill, words)
    pen.y = max(bottom, pen.y) + 26
    pen.write(words.label("title"), face=style.bold, size=17, color=style.accent)
    pen.feed(2)
    pages.items()
    pages.totals()
    return pages.sheets()


def _banner(bill: Bill, words: Wording, style: Style) -> tuple[Sheet, ...]:
    pages = Folio(bill, words, style)
    pen = pages.pen
    pen.box(0, 0, pen.width, 74, color=style.accent)
    pen.y = 45
    pen.write(bill.seller.name, face=style.bold, size=17, color=WHITE)
    pen.write(words.label("title"), align="right", face=style.bold, size=17, color=WHITE)
    pen.y = top = 98
    pen.lines((*bill.seller.address, *bill.seller.contact, *bill.seller.registration))
    bottom, pen.y = pen.y, top
    _buyer(pen, bill, words, style, x=pen.width * 0.56)
    pen.y = max(bottom, pen.y) + 14
    _fact_cells(pen, bill, words, style)
    pages.items()
    pages.totals()
    return pages.sheets()


def _letterhead(pen: Pen, seller: Party, style: Style) -> None:
    """A logo of one letter, the name beside it, the address at the right."""
    top = 36
    pen.box(pen.left, top, pen.left + 34, top + 34, color=style.accent)
    pen.y = top + 25
    pen.write(seller.name[0], x=pen.left + 17, align="center", face=style.bold, size=22, color=WHITE)
    pen.y = top + 16
    pen.write(seller.name, x=pen.left + 44, face=style.bold, size=15, color=style.accent)
    pen.y = top + 30
    pen.write(seller.slogan, x=pen.left + 44, color=GRAY)
    pen.y = top + 8
    pen.lines((*seller.address, *seller.contact), align="right")


def _buyer(pen: Pen, bill: Bill, words: Wording, style: Style, *, x: float | None = None) -> None:
    if bill.buyer is None:
        return
    pen.write(words.label("bill_to"), x=x, color=GRAY)
    pen.feed(1.2)
    pen.lines([bill.buyer.name], x=x, face=style.bold)
    pen.lines((*bill.buyer.address, *bill.buyer.registration), x=x)


def _facts(bill: Bill, words: Wording) -> tuple[tuple[str, str], ...]:
    """Number and dates with their labels; the due date stands next to the date, as it does in life."""
    due = ((words.label("due"), words.date(bill.due)),) if bill.due else ()
    number, issued = (words.label("number"), bill.number), (words.label("date"), words.date(bill.issued))
    return (number, issued, *due, *bill.details)


def _fact_block(pen: Pen, bill: Bill, words: Wording) -> None:
    """Label and value side by side, in the right half."""
    for label, value in _facts(bill, words):
        pen.write(label, x=pen.width * 0.58)
        pen.write(value, align="right")
        pen.feed()


def _fact_cells(pen: Pen, bill: Bill, words: Wording, style: Style) -> None:
    """Label above value, in cells from margin to margin."""
    facts = _facts(bill, words)
    step = (pen.right - pen.left) / len(facts)
    pen.box(pen.left, pen.y - 12, pen.right, pen.y + 22, color=LIGHT)
    for index, (label, value) in enumerate(facts):
        x = pen.left + 8 + index * step
        pen.write(label, x=x, size=7.6, color=GRAY)
        pen.y += 14
        pen.write(value, x=x, face=style.bold)
        pen.y -= 14
    pen.y += 48


def _bank_frame(pen: Pen, bill: Bill, style: Style) -> None:
    top = pen.y - 1.2 * style.size
    pen.y += 0.3 * style.size
    for line in bill.bank:
        pen.write(line, x=pen.left + 6)
        pen.feed()
    frame(pen, (pen.left, pen.right), top, pen.y - 0.6 * style.size)
    pen.feed(1.4)


def _party_line(pen: Pen, label: str, party: Party, style: Style) -> None:
    pen.write(label)
    x = pen.left + 82
    text = ", ".join((*party.registration, *party.address, *party.contact))
    pen.lines([party.name], x=x, face=style.bold)
    pen.lines(wrapped(text, face=pen.face, size=pen.size, width=pen.right - x), x=x)
    pen.feed(0.3)


def _signatures(pen: Pen, bill: Bill, words: Wording) -> None:
    pen.feed(1.5)
    middle = pen.width / 2
    for x, key in ((pen.left, "signed_1"), (middle, "signed_2")):
        pen.write(words.label(key), x=x)
        pen.box(x + 80, pen.y + 2, x + middle - pen.left - 14, pen.y + 2.6)
    pen.feed(2)
    pen.lines(bill.notes)
