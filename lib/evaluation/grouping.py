"""By what documents are grouped beside their stratum: the medium, and the country or language.

In: a labelled document, whose stratum is "kind-medium-place" as in "invoice-scan-us". Out: names of groups.
"""

import re
from typing import Final

from lib.evaluation.dataset import LabelledDocument

OTHER: Final = "other"
"""The group of what its stratum tells nothing about."""

_STRATUM: Final = re.compile(r"(?P<medium>[a-z]+-(?:scan|photo|pdf|screen))-(?:(?P<place>[a-z]{2})|[a-z]+)")


def medium_of(document: LabelledDocument) -> str:
    """The kind of document and how it became a file, such as "receipt-photo"."""
    match = _STRATUM.fullmatch(document.stratum)
    return match["medium"] if match else OTHER


def place_of(document: LabelledDocument) -> str:
    """The country or, in collections that state it, the language, in two letters."""
    match = _STRATUM.fullmatch(document.stratum)
    return (match["place"] if match else None) or OTHER
