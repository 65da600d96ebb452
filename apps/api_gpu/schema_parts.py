"""What the public JSON is made of: amounts, days, and a value with the place it comes from.

In: nothing. Out: pydantic models that schemas.py and its neighbors put together. Amounts are JSON numbers in their
shortest form, never strings.
"""

import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, Strict, WithJsonSchema


def _shortest(amount: Decimal) -> int | float:
    """12.10 as 12.1 and 22000.00 as 22000: the shortest number that JSON has for it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


Amount = Annotated[Decimal, PlainSerializer(_shortest), WithJsonSchema({"type": "number"})]

Day = Annotated[datetime.date, Strict()]
"""Beside amounts: pydantic would else take the number 0 for the first day of 1970."""


class Public(BaseModel):
    """What all of them are."""

    model_config = ConfigDict(frozen=True)


def example(body: dict[str, Any]) -> ConfigDict:
    """A model's configuration with an example for the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class FieldDetail(Public):
    """One field with where it comes from."""

    value: str | Day | Amount | None
    text: str | None
    confidence: float
    page_no: int | None
    bbox: list[float] | None
    problem: str | None
