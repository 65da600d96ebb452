"""Which amounts of a document are its subtotal, its tax and its total.

`candidates` may be one, `features` tell what speaks for each, `sums` and `tax_sums` which add up, `totals` chooses the
three together; `choice` runs it with a ranker.
"""

from lib.layout_reader.amounts.choice import find_amounts

__all__ = ["find_amounts"]
