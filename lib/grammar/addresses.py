"""Streets in text: what stands under a name, and is none itself.

In: a text. Out: whether it says a street. Pure. Words of many languages, folded; a street that merely bears a name is
not recognized, and need not be: a number tells it.
"""

import functools
import re
from typing import Final

from lib.grammar.folding import folded

_WORDS: Final = (
    r"street|st\.|road|rd|avenue|ave|blvd|boulevard|lane|ln|drive|dr\.|hwy|highway|suite|ste|floor|plaza|p\.?o\.? box|"
    r"str\.|strasse|weg|platz|gasse|allee|ring|ufer|damm|postfach|rue|bd|quai|chemin|impasse|cours|route de|place d\w+|"
    r"calle|c/|avenida|avda|paseo|carretera|carrera|via|viale|piazza|corso|largo|strada|rua|av\.|travessa|praca|estrada|"
    r"ul\.?|ulica|aleja|al\.|plac|nam\.|namesti|ulice|trida|cadde\w*|cad\.?|sokak|sok\.?|mah\.?|mahalle\w*|bulvar\w*|"
    r"duong|pho|phuong|quan|jalan|jln?\.?|lorong|taman|kel\.|kec\.|улица|вулиця|ул\.?|вул\.?|пр\.?|проспект|utca|ut|"
    r"ter|bulevardul|gatan|vagen|vej|gade|katu|tie|soi|thanon"
)
_IN_FRONT: Final = (
    r"rue|quai|chemin|calle|avenida|via|viale|piazza|rua|jalan|jln?\.?|lorong|taman|kampung|kg\.|ul\.|ulica|duong|"
    r"улица|ул\.|вулиця|вул\."
)
"""Words that begin the name of a street or a quarter, and hardly ever a shop's."""

_ENDS: Final = (
    r"strasse|str\.|stra[sß]+e|straat|laan|plein|gracht|kade|dijk|gasse|platz|weg|allee|gatan|vagen|vej|gade|katu|tie"
)


def says_street(text: str) -> bool:
    """Whether a word of the text is one for streets, and a number stands beside it or the street's name behind it."""
    line = folded(text)
    if _beginning().match(line):
        return True
    return any(map(str.isdigit, line)) and _pattern().search(line) is not None


@functools.cache
def _beginning() -> re.Pattern[str]:
    return re.compile(rf"(?:{folded(_IN_FRONT)})\s+[^\W\d_]{{2}}")


@functools.cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{folded(_WORDS)})(?![^\W\d_])|[^\W\d_]{{2}}(?:{folded(_ENDS)})(?![^\W\d_])")
