"""The fields beyond the six: document number, due date, tax number, bank account."""

from lib.layout_reader.identifiers.extra_fields import find_extra_fields

__all__ = ["find_extra_fields"]
