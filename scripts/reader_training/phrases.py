"""What a synthetic document says: words, names, dates and amounts of one locale.

In: vocabulary.yaml and a random generator. Out: `Voice`, which writes everything a layout needs.
"""

import functools
import random
import unicodedata
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from lib.grammar.locales import load_locales

VOCABULARY: Final = Path(__file__).with_name("vocabulary.yaml")
_WITHOUT_DECIMALS: Final = frozenset({"VND", "IDR", "HUF", "COP"})
_WHOLE_SHARE: Final = 0.03
"""Share of the shops elsewhere that write prices without decimals."""
_PRICE_UNIT: Final = {"VND": 1000, "IDR": 500, "HUF": 5, "COP": 100}
_TYPICAL: Final = {"VND": 45000, "IDR": 22000, "HUF": 900, "COP": 9000, "CZK": 80, "RUB": 150, "THB": 80, "INR": 150}


@functools.cache
def vocabularies() -> dict[str, dict[str, Any]]:
    """Every locale's vocabulary, with what it takes from its base."""
    raw = yaml.safe_load(VOCABULARY.read_text(encoding="utf-8"))

    def complete(code: str) -> dict[str, Any]:
        base = raw[code].get("base")
        return {**(complete(base) if base else {}), **raw[code]}

    return {code: complete(code) for code in raw}


class Voice:
    """One document's language, currency and habits of writing; every method draws from its generator."""

    def __init__(self, rng: random.Random, code: str | None = None) -> None:
        """Choose a locale (or take `code`), a currency, and how numbers, dates and marks are written."""
        self.rng = rng
        self.code = code or rng.choice(sorted(vocabularies()))
        self.words = vocabularies()[self.code]
        self.currency = rng.choice(sorted(self.words["currency"]))
        self.mark = rng.choice(self.words["currency"][self.currency])
        self.number_format = rng.choice(self.words["number"])
        self.date_format = rng.choice(self.words["dates"])
        self.whole = self.currency in _WITHOUT_DECIMALS or rng.random() < _WHOLE_SHARE
        self.mark_in_front = rng.random() < (0.85 if "." in self.number_format[-3:] or self.mark in "R$Rp" else 0.15)
        self.mark_gap = rng.random() < (0.3 if self.mark_in_front else 0.8)

    def pick(self, key: str) -> str:
        """One of the locale's phrases, numbers filled in."""
        return self.filled(str(self.rng.choice(self.words[key])))

    def keyword(self, kind: str) -> str:
        """What the locale's language calls something, as the grammar knows it; English where it has no such words."""
        locales = {locale.code: locale for locale in load_locales()}
        words = locales.get(self.code[:2], locales["en"]).keywords.get(kind) or locales["en"].keywords[kind]
        return str(self.rng.choice(words)).capitalize()

    def filled(self, phrase: str) -> str:
        """{n}: four or five digits; {m}: one to three."""
        while "{n}" in phrase:
            phrase = phrase.replace("{n}", str(self.rng.randint(1000, 99999)), 1)
        while "{m}" in phrase:
            phrase = phrase.replace("{m}", str(self.rng.randint(1, 999)), 1)
        return phrase

    def company(self) -> str:
        """A company's name, mostly with a legal form."""
        rng, words = self.rng, self.words
        name = rng.choice(words["companies"])
        if rng.random() < 0.25:
            name += rng.choice([" & ", " ", "-"]) + rng.choice(words["companies"])
        if rng.random() < 0.12:
            name = "".join(rng.choice("BCDFGKLMNPRSTVXZ") for _ in range(rng.randint(2, 4)))
        trade = rng.choice(words["trades"])
        name = rng.choice([f"{name} {trade}", f"{trade} {name}", name, f"{name} {trade}"])
        form = "" if rng.random() < 0.05 else rng.choice(words["legal"])
        if not form:
            return str(name)
        return f"{form} {name}" if words.get("legal_first") and rng.random() < 0.85 else f"{name} {form}"

    def bank(self) -> str:
        """A bank's name, which is no merchant's."""
        town = self.rng.choice(self.words["companies"])
        form = self.rng.choice(self.words["legal"])
        name = self.rng.choice(["Bank", "Banque", "Banco", "Banca", "Sparkasse", "Volksbank", "Банк", "Banka", "Bank"])
        return f"{name} {town} {form}".strip() if self.rng.random() < 0.6 else f"{town} {name}"

    def brand(self) -> str:
        """A name without a legal form."""
        name = self.rng.choice(self.words["companies"])
        return f"{name} {self.rng.choice(self.words['trades'])}" if self.rng.random() < 0.7 else str(name)

    def survey(self) -> str:
        """A line that asks customers what they think; in English where the locale has none."""
        return self.filled(str(self.rng.choice(self.words.get("survey", vocabularies()["en_US"]["survey"]))))

    def site(self, name: str) -> str:
        """A web domain that spells a name, or its beginning."""
        words = [
            "".join(c for c in without_accents(word).lower() if c.isascii() and c.isalnum()) for word in name.split()
        ]
        spelled = self.rng.choice(["", "", "-"]).join(
            [word for word in words if len(word) > 1][: self.rng.randint(1, 3)]
        )
        return f"{spelled or 'example'}.{self.rng.choice(['com', 'com', 'net', self.code[-2:].lower()])}"

    def address(self) -> list[str]:
        """Street and town, now and then the country."""
        lines = [self.pick("streets"), self.pick("cities")]
        if self.rng.random() < 0.3:
            lines = [", ".join(lines)]
        return lines + ([self.pick("country")] if self.rng.random() < 0.3 else [])

    def day(self) -> date:
        """A day between 2010 and 2025."""
        return date(2010, 1, 1) + timedelta(days=self.rng.randint(0, 5800))

    def dated(self, day: date) -> str:
        """A day as this document writes days."""
        text = self.date_format
        text = text.replace("%B", self.words["months"][day.month - 1]).replace("%b", self.words["short"][day.month - 1])
        return day.strftime(text)

    def price(self, scale: float = 1.0) -> Decimal:
        """A price as shops have them."""
        typical = _TYPICAL.get(self.currency, 8) * scale
        value = Decimal(str(round(typical * 2 ** self.rng.gauss(0, 1.2), 2)))
        return self.rounded(max(value, Decimal("0.05")))

    def rounded(self, value: Decimal) -> Decimal:
        """To what the currency can be paid in."""
        if not self.whole:
            return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        unit = _PRICE_UNIT.get(self.currency, 1)
        return max((value / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit, Decimal(unit))

    def exact(self, value: Decimal) -> Decimal:
        """To the currency's last digit, for computed amounts."""
        return value.quantize(Decimal(1) if self.whole else Decimal("0.01"), ROUND_HALF_UP)

    def number(self, value: Decimal) -> str:
        """An amount without a mark."""
        decimal = "" if self.whole else self.number_format[-3]
        whole, _, cents = f"{abs(value):.2f}".partition(".")
        text = _grouped(whole, self.number_format) + (decimal + cents if decimal else "")
        return f"-{text}" if value < 0 else text

    def money(self, value: Decimal, *, marked: bool = True) -> str:
        """An amount, with the document's mark where `marked`."""
        text = self.number(value)
        if not marked:
            return text
        gap = " " if self.mark_gap or (self.mark.isalpha() and len(self.mark) > 2) else ""
        if self.mark_in_front:
            return f"-{self.mark}{gap}{text[1:]}" if value < 0 else f"{self.mark}{gap}{text}"
        return f"{text}{gap}{self.mark}"

    def rate(self) -> Decimal:
        """A usual tax rate, percent."""
        return Decimal(str(self.rng.choice(self.words["rates"])))

    def percent(self, rate: Decimal) -> str:
        """A rate as printed."""
        decimal = "," if self.number_format.endswith(",89") else "."
        text = f"{rate.normalize():f}" if self.rng.random() < 0.7 else f"{rate:.2f}"
        return text.replace(".", decimal) + self.rng.choice(["%", "%", " %"])


def _grouped(digits: str, pattern: str) -> str:
    """Digits in the groups of `pattern` ("1.234.567,89", "12,34,567.89", "1234567,89")."""
    if pattern.startswith("12,34"):
        head, tail = digits[:-3], digits[-3:]
        pairs: list[str] = []
        while head:
            pairs.insert(0, head[-2:])
            head = head[:-2]
        return ",".join([*pairs, tail])
    separator = pattern[1] if not pattern[1].isdigit() else ""
    groups: list[str] = []
    while digits:
        groups.insert(0, digits[-3:])
        digits = digits[:-3]
    return separator.join(groups)


def without_accents(text: str) -> str:
    """Text as a recognizer without the locale's letters returns it."""
    plain = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D").replace("ł", "l").replace("ı", "i"))
    return "".join(character for character in plain if not unicodedata.combining(character))
