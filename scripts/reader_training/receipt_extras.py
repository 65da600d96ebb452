"""What receipts print beside the sale: what was booked for another day, slips of card terminals, signatures of tills.

In: a sale and its sheet. Out: more lines on the sheet. None of them changes the sale's truth: they are what a reader
must not take for it.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from scripts.reader_training.sales import Sale
from scripts.reader_training.sheet import Sheet


def garbled(name: str, rng: random.Random) -> str:
    """A logo as OCR reads it: letters of no word, of either case, and no place of their own."""
    letters = [rng.choice([letter.upper(), letter.lower()]) for letter in name if letter.isalpha()]
    rng.shuffle(letters)
    return "".join(letters[: rng.randint(3, 9)])


class Extras:
    """Writes on the sheet of one receipt."""

    def __init__(self, sold: Sale, sheet: Sheet, *, left: float, right: float) -> None:
        """Write between two edges, px."""
        self.sale, self.sheet, self.left, self.right = sold, sheet, left, right
        self.voice, self.rng = sold.voice, sold.voice.rng
        self.time = f"{self.rng.randint(7, 22):02d}:{self.rng.randint(0, 59):02d}"

    def event(self) -> None:
        """The day of what was booked, or of a sale that is undone, labelled or with a time."""
        day = self.voice.dated(self.sale.day + timedelta(days=self.rng.choice([-9, -2, 0, 1, 2, 3, 7, 14, 30, 60])))
        label = self.voice.pick("event_label")
        self.sheet.line(
            self.rng.choice([f"{label}: {day}", f"{label} {day} {self.time}", f"{day} {self.time}", f"{label} {day}"]),
            x=self.left,
        )

    def until(self) -> None:
        """How long goods may be brought back, or a coupon is worth something."""
        day = self.voice.dated(self.sale.day + timedelta(days=self.rng.choice([14, 30, 30, 60, 100])))
        self.sheet.line(f"{self.voice.pick('return_until')} {day}", x=self.left)

    def points(self) -> None:
        """What a loyalty program counts."""
        label, number = self.voice.pick("points"), self.voice.number(self.voice.price(10))
        self.sheet.pair(label, self.rng.choice([number, str(self.rng.randint(1, 4000))]), x0=self.left, x1=self.right)

    def survey(self) -> None:
        """What a shop asks its customers, with a site to answer at."""
        lines = [self.voice.survey() for _ in range(self.rng.randint(1, 3))]
        for line in (*lines, f"www.{self.rng.choice(['tellus', 'feedback', 'survey'])}.com"):
            self.sheet.line(line, x=self.left)

    def expiry(self) -> None:
        """When the card ends, and by when points are to be spent."""
        day = self.sale.day + timedelta(days=self.rng.randint(100, 1500))
        text = self.rng.choice([self.voice.dated(day), day.strftime("%m/%y"), day.strftime("%m/%Y")])
        self.sheet.line(f"{self.rng.choice(['EXP', 'Exp. date', 'VALID THRU', 'Expires'])}: {text}", x=self.left)

    def in_another_currency(self) -> None:
        """The total once more, in what a card or a tourist pays."""
        code = self.rng.choice([code for code in ("EUR", "USD", "GBP", "CHF") if code != self.voice.currency])
        value = (self.sale.total * self.rng.randint(50, 180) / 100).quantize(Decimal("0.01"))
        self.sheet.pair(f"{self.voice.pick('total')} {code}", f"{value:.2f}", x0=self.left, x1=self.right)

    def signature(self) -> None:
        """The times that a fiscal till signs, in ISO form."""
        start = f"{self.sale.day.isoformat()}T{self.time}:{self.rng.randint(10, 59)}"
        word = self.rng.choice(["TSE-Start", "Start", "TSE Start:", "Begin"])
        self.sheet.line(f"{word} {start}{self.rng.choice(['', '.000', 'Z', '.000Z'])}", x=self.left)
        if self.rng.random() < 0.6:
            self.sheet.line(f"{word.replace('Start', 'Stop')} {start[:-2]}59", x=self.left)

    def slip(self) -> None:
        """What the card terminal prints: the amount once more, and the day in its own form."""
        voice, total = self.voice, self.voice.number(self.sale.total)
        day = self.sale.day.strftime(self.rng.choice(["%d.%m.%Y", "%d.%m.%y", "%d/%m/%y", "%Y-%m-%d", "%d/%m/%Y"]))
        if voice.words["dates"][0].startswith("%m"):
            day = self.sale.day.strftime(self.rng.choice(["%m/%d/%Y", "%m/%d/%y"]))
        amount = f"{voice.pick('slip_amount')} {voice.currency} {total}"
        lines = [voice.pick("slip"), voice.pick("slip"), f"{day} {self.time}", amount]
        self.rng.shuffle(lines)
        for line in lines:
            self.sheet.line(line, x=self.left)

    def name(self) -> None:
        """The shop's name below the sale, as legal lines and card terminals have it."""
        self.sheet.line(self.sale.merchant, x=self.left)

    def some(self) -> None:
        """Now and then some of what stands below the sale."""
        shares = (
            *((0.2, self.slip), (0.12, self.points), (0.06, self.until)),
            *((0.12, self.survey), (0.05, self.expiry), (0.03, self.in_another_currency)),
        )
        for share, draw in shares:
            self._maybe(share, draw)
        if "merchant" not in self.sale.truth:
            self.sale.truth["merchant"] = self.sale.merchant
            self.name()
        if self.voice.currency == "EUR":
            self._maybe(0.12, self.signature)

    def _maybe(self, share: float, draw: Callable[[], None]) -> None:
        if self.rng.random() < share:
            draw()
