"""Dates that are not the day of issue: expiry of a card, warranty, return period, next appointment, and days to come.

In: a `ParsedDocument`, its date candidates, and today's date. Out: which candidates cannot be the day of issue. Pure.

Receipts print their own date without a label, often at the foot, so that any labelled date looks better than theirs. A
label that speaks of something else counts against its date wherever it is the only one.
"""

import functools
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.grammar.folding import folded
from lib.layout_reader.dates.candidates import DateCandidate, DatePlace
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.page.places import text_before

_NEAR: Final = 40
"""Characters in front of a date in which a phrase belongs to it."""

_AHEAD: Final = timedelta(days=1)
"""Somewhere on earth it is tomorrow already."""

_NOT_OF_ISSUE: Final = (
    # Expiry of a card, a coupon or points.
    r"exp|expiry|expires?|expired|expiring|expiration|expirac\w+|expira|good thru|valid (?:thru|through|until|till|to)|"
    r"card exp\w*|verfall\w*|gultig bis|ablauf\w*|valable jusqu\w*|date d'expiration|valid[oa] (?:hasta|ate)|caduc\w+|"
    r"scadenza carta|valido fino|geldig tot|wazne do|waznosci|platnost do|gyldig til|voimassa|gecerlilik|son kullanma|"
    r"best before|use by|mhd|loyalty|punkte\w*|points|coupon|voucher|gutschein\w*|"
    # Returns and warranty.
    r"returns? (?:by|before|until|accepted|within|policy|period)|returnable|refunds? (?:by|before|until)|exchanges?|"
    r"umtausch\w*|ruckgabe\w*|retours?|echange\w*|devoluci\w*|cambios?|reso entro|zwrot\w*|bytte\w*|iade|"
    r"warranty|guarantee|garantie\w*|garanti[ae]?|garanzia|gwarancj\w+|takuu|zaruka|"
    # People, and what is to come.
    r"date of birth|dob|born|birthday|geburts\w+|geboren|fecha de nacimiento|nacimiento|naissance|nascita|"
    r"member since|customer since|kunde seit|"
    r"next (?:\w+ ){0,3}(?:date|visit|appointment|service|reading|bill|read|payment)|"
    r"nachster termin|prochain\w*|proxim[ao]\w*|scheduled|(?:re)?signed(?: on)?|signature|unterschrift|firma cliente"
)


def not_of_issue(parsed: ParsedDocument, candidates: Sequence[DateCandidate], *, today: date) -> NDArray[np.bool_]:
    """(candidates,) Which are said to be a day of something else, or are still to come.

    Args:
        parsed: The document.
        candidates: Its dates.
        today: Later days are nobody's day of issue, unless the document has no other date.
    """
    labelled = np.array([_is_of_something_else(candidate, parsed) for candidate in candidates], bool)
    to_come = np.array([candidate.value > today + _AHEAD for candidate in candidates], bool)
    others = ~(labelled | to_come)
    return labelled | (to_come & bool(others.any()))


def _is_of_something_else(candidate: DateCandidate, parsed: ParsedDocument) -> bool:
    """Whether every place of it has such a label."""
    return all(_says_other(place, parsed) for place in candidate.places)


def _says_other(place: DatePlace, parsed: ParsedDocument) -> bool:
    before = folded(text_before(parsed, place.cell, place.start))[-_NEAR:]
    labels = list(_pattern().finditer(before))
    # "Exp. 11/27 Date 05/02/2025": another date or the word for it lies between.
    return bool(labels) and not _ISSUE.search(before, labels[-1].end())


_ISSUE: Final = re.compile(r"\bdate:? ?$|\bdatum:? ?$|\bfecha:? ?$|\bissued\b|\d[./-]\d")


@functools.cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{_NOT_OF_ISSUE})(?![^\W\d_])(?:[ .:]{{1,2}}date\b)?")
