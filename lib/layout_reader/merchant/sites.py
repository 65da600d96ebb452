"""The names that web addresses and mailboxes of a document spell.

In: a `ParsedDocument`. Out: parts of web addresses, domains of mail, and the names of mailboxes at public providers,
letters and digits alone; whether one spells a name. Pure.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lib.computing import in_time
from lib.grammar.folding import folded, letters_of
from lib.layout_reader.page.parsing import ParsedDocument

_SITE: Final = re.compile(
    r"(?:(?<!\S)(?P<box>[\w.+-]{1,64}))?(?:www\.|@|https?://)(?P<host>[\w-]+(?:\.[\w-]+)*)\.[a-z]{2,}|"
    r"(?<![\w-])-*\b(?P<bare>[\w-]{4,})\.(?:com|net|org|io|de|fr|co)\b"
)
_SIGN_OF_SITE: Final = re.compile(r"@|www\.|//|\.(?:com|net|org|io|de|fr|co)\b")
"""Stands in each of them."""

_PUBLIC: Final = frozenset(
    {
        *("gmail", "hotmail", "yahoo", "outlook", "live", "icloud", "aol", "gmx", "web", "mail", "googlemail"),
        *("rediffmail", "yandex", "libero", "orange", "wanadoo", "terra", "uol", "bol", "wp", "onet", "seznam"),
    }
)
"""Providers of mailboxes: their names say nothing about whose mailbox it is, and the mailbox's own does."""

_NO_SITES: Final = _PUBLIC | {"www", "com", "co", "info"}
_NO_BOXES: Final = frozenset({"info", "office", "sales", "contact", "mail", "kontakt", "service", "support", "invoice"})
_MOST: Final = 100
"""Parts of addresses that names are compared with, the first ones."""

_FEWEST: Final = 3
"""Letters of a part that may spell a name."""

_TELLING: Final = 4
"""Letters from which it may be a part of the name: "edf" in "EDF & moi" is, in "Redford" is not."""

_LONGEST: Final = 40
"""Characters of a text that is looked up among them."""

_BEGINNING: Final = 8
"""Letters of a site that a name begins with, where they are no more of it: "Bluefern" of "bluefern-shop"."""


def sites_of(parsed: ParsedDocument) -> frozenset[str]:
    """The parts that may spell a name, the first ones."""
    texts = (row.text for row in in_time(parsed.rows))
    lines = (folded(text) for text in texts if "." in text)
    parts = (re.sub(r"[\W_]", "", part) for line in lines if _SIGN_OF_SITE.search(line) for part in _parts(line))
    known = dict.fromkeys(part for part in parts if part not in _NO_SITES and len(part) >= _FEWEST)
    return frozenset(islice(known, _MOST))


def _parts(text: str) -> Iterator[str]:
    for match in _SITE.finditer(text):
        parts = (match["host"] or match["bare"]).split(".")
        yield from parts
        box = re.sub(r"\d+$", "", match["box"] or "")
        if _PUBLIC.intersection(parts) and box not in _NO_BOXES:
            yield box


def matches_site(name: str, sites: frozenset[str]) -> bool:
    """Whether an address spells this name, or most of it.

    Args:
        name: Letters and digits, folded.
        sites: From `sites_of`.
    """
    return any(_shares(name, site) or (len(site) > _BEGINNING and name.startswith(site[:_BEGINNING])) for site in sites)


def _shares(name: str, site: str) -> bool:
    """Whether one holds the other, and both are long enough to tell."""
    if min(len(name), len(site)) < _TELLING:
        return site in name and len(name) <= len(site) + 1
    return site in name or name in site


def is_spelled(text: str, sites: frozenset[str]) -> bool:
    """Whether a short text is nothing but what an address spells: "Blue Fern" beside mail@bluefern.example."""
    if not sites or len(text) > _LONGEST or "@" in text or "." in text.strip(".") or any(map(str.isdigit, text)):
        return False
    return letters_of(text) in sites


def spelled_share(name: str, sites: frozenset[str]) -> float:
    """The most letters that a name shares with an address which spells it or a part of it, as share of both, 0..1."""
    shares = [min(len(site), len(name)) / max(len(site), len(name)) for site in sites if _shares(name, site)]
    return max(shares, default=0.0)
