"""How a language and a country write: labels, numbers, dates.

In: `locales.yaml`. Out: `Wording`, which turns values into the words a layout prints.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from pydantic import ConfigDict, TypeAdapter

_LOCALES = Path(__file__).with_name("locales.yaml")


@dataclass(frozen=True, slots=True)
class Wording:
    """One locale's way of writing.

    Attributes:
        language: ISO 639-1, for the manifest.
        decimal: The sign before the decimals.
        group: The sign between thousands, empty for none.
        day: The date, a format string over `d`, `m`, `y` and `month`.
        money: An amount with its currency, a format string over `amount`.
        labels: Key -> what is printed.
        months: January to December, where the date spells them.
    """

    language: str
    decimal: str
    group: str
    day: str
    money: str
    labels: Mapping[str, str]
    months: tuple[str, ...] = field(default=("",) * 12)

    def label(self, key: str, **values: str) -> str:
        """The label `key`, with `values` put into its gaps.

        Raises:
            KeyError: The locale has no such label.
        """
        return self.labels[key].format(**values)

    def number(self, value: Decimal) -> str:
        """`value` with all its places and the locale's separators."""
        return f"{value:,f}".translate({ord(","): self.group, ord("."): self.decimal})

    def plain(self, value: Decimal) -> str:
        """`value` without trailing zeros: a quantity, a rate."""
        whole = value == value.to_integral_value()
        return self.number(value.quantize(Decimal(1)) if whole else value.normalize())

    def amount(self, value: Decimal) -> str:
        """`value` with the currency beside it."""
        return self.money.format(amount=self.number(value))

    def date(self, day: date) -> str:
        """`day` as the locale writes it."""
        return self.day.format(d=day.day, m=day.month, y=day.year, yy=day.year % 100, month=self.months[day.month - 1])

    def relabeled(self, labels: Mapping[str, str], *, money: str | None = None) -> "Wording":
        """The same with some labels, or the way of writing money, replaced."""
        return replace(self, labels={**self.labels, **labels}, money=money or self.money)


@cache
def locales() -> Mapping[str, Wording]:
    """Every locale of `locales.yaml` by its name."""
    return TypeAdapter(dict[str, Wording], config=ConfigDict(extra="forbid")).validate_python(
        yaml.safe_load(_LOCALES.read_text(encoding="utf-8"))
    )
