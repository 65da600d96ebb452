"""Which currency mark of a document is that of its amounts, above all of its total."""

from lib.layout_reader.currency.choice import find_currency

__all__ = ["find_currency"]
