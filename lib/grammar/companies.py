"""Legal forms in text: GmbH, Sdn Bhd, S.r.l., Sp. z o.o., 株式会社 ... And what stands around a shop's name.

In: a text. Out: where a legal form of any locale stands in it; whether it announces an owner, and where a greeting
ends. Pure.
"""

import functools
import re
from dataclasses import dataclass
from typing import Final

from lib.grammar.alternatives import any_of
from lib.grammar.folding import folded
from lib.grammar.locales import load_locales
from lib.grammar.recall import remembered

_SHORT: Final = 3
"""Forms of so few letters must not be written in lower case, unless with dots, nor begin a line like a word ("Vos
commandes", "Inh. Ada Beck"): they are words otherwise."""


@dataclass(frozen=True, slots=True)
class LegalForm:
    """Where a legal form stands in a text, and how many letters it has."""

    start: int
    end: int
    letters: int


_LONGEST: Final = 80
"""Characters of a legal form, with all its dots and spaces, at most."""

_GAP: Final = {" ": r"[.\s]{0,2}"}
"""Forms are written with or without their dots and spaces."""

_IN_FRONT: Final = frozenset({"pt", "cv", "ud", "pd"})
"""Forms that only ever stand in front of a name. Source: Indonesian usage."""


_OWNER: Final = re.compile(
    r"(?:inh(?:aber(?:in)?)?|prop(?:rietor|rietaire)?|owner|pachter(?:in)?|betreiber(?:in)?|exploitant|gerante?|"
    r"eigenaar|titolare|titular|wlasciciel|majitel)(?:\.|:|\s)\s*[^\W\d_]"
)
"""What stands under the name of a shop in front of a person's."""


_GREETING: Final = re.compile(
    r"(?:herzlich )?willkommen (?:bei|beim|im|in der|in)\b|bienvenue (?:chez|a|au|aux)\b|welkom (?:bij|in)\b|"
    r"benvenut[oi] (?:da|dal|al|alla|in)\b|bienvenid[oa]s? (?:a|al)\b|bem[ -]vindos? (?:a|ao)\b|"
    r"vitajte v\b|vitejte v\b|witamy w\b|velkommen til\b|valkommen till\b"
)
"""What shops print in front of their name."""


def greeting_end(text: str) -> int:
    """Where the name begins behind a greeting; 0 where there is no greeting, or no name behind it."""
    match = _GREETING.match(folded(text))
    return match.end() if match and any(map(str.isalpha, text[match.end() :])) else 0


def is_owner(text: str) -> bool:
    """Whether a line names whoever owns the shop that another line names: "Inh. Erika Muster e.K."."""
    return _OWNER.match(folded(text)) is not None


@remembered
def holds_legal_form(text: str) -> bool:
    """Whether some part of the text may be, or end in, a legal form; most lines hold none, which tells of all parts."""
    return _pattern().search(folded(text)) is not None


@remembered
def find_legal_form(text: str) -> LegalForm | None:
    """The last legal form in `text`, None where there is none."""
    if not holds_legal_form(text):
        return None
    found = None
    for match in _pattern().finditer(folded(text)):
        printed = text[match.start() : match.end()]
        letters = sum(character.isalpha() for character in printed)
        is_in_front = "".join(filter(str.isalpha, printed.lower())) in _IN_FRONT
        if match.start() and is_in_front:
            continue
        is_word = not match.start() and letters <= _SHORT and printed.strip(".").istitle() and not is_in_front
        if not is_word and (letters > _SHORT or not printed.islower() or "." in printed):
            found = LegalForm(match.start(), match.end(), letters)
    return found


_STATEMENT: Final = re.compile(
    r"[ ,.-]+(?:au capital|(?:with|con|mit)(?: an?)? (?:(?:share|issued) )?(?:capital|grundkapital|stammkapital)|"
    r"cap(?:itale|ital)?\.? soc|mit sitz|con sede|with its registered|registered in|met zetel|z siedziba|se sidlem|"
    r"capital social|is an? |ist eine? |est une? |rcs\b|siret\b|siren\b|kvk\b|nip\b|cif\b|nif\b|vat\b|ust\b|hrb\b|"
    r"p\.? ?iva\b)"
)


def end_of_company(text: str) -> int | None:
    """Where a name ends, behind which a company says what it must at the foot of a page: capital, seat, register."""
    for match in _STATEMENT.finditer(folded(text)):
        cut = _cut(text, match.start() - _LONGEST)
        form = find_legal_form(text[cut : match.start() + 1])
        if form and cut + form.end >= match.start():
            return cut + form.end
    return None


def _cut(text: str, offset: int) -> int:
    """Behind the first space from an offset on; 0 for a short text."""
    return text.find(" ", offset) + 1 if offset > 0 else 0


@functools.cache
def _pattern() -> re.Pattern[str]:
    forms = any_of((_spaced(form) for locale in load_locales() for form in locale.legal_forms), spelled=_GAP)
    return re.compile(rf"(?<![^\W_]){forms}(?![^\W_])\.?")


def _spaced(form: str) -> str:
    """A form's letters, one space wherever it has dots or spaces."""
    words = (re.sub(r"[^\w&/]", "", word) for word in re.split(r"[\s.]+", folded(form)))
    return " ".join(word for word in words if word)
