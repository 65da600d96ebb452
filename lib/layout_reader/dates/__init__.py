"""Which date of a document is its own.

`candidates` may be it, `features` tell what speaks for each, `choice` decides with a ranker; `other_dates` are of
something else than the day of issue.
"""

from lib.layout_reader.dates.choice import find_date

__all__ = ["find_date"]
