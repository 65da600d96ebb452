"""Small words that say what a date is of: "No. 17 of ...", "until ...", "Version 2.1 of ...", in many languages.

In: the text in front of a date. Out: which cues it holds. Pure.
"""

import functools
import re
from collections.abc import Mapping
from typing import Final

from lib.grammar.folding import folded

_NEAR: Final = 24
"""Characters in front of a date in which a word belongs to it."""

_OF: Final = (
    r"vom|of|dated|du|en date du|van|d\.d\.|del|de fecha|con fecha|dal|di|de|z dnia|z|ze dne|zo dna|fra|av|fran|av den|"
    r"den|din|od|от|вiд|від|tu ngay|ngay|a|tanggal|tgl"
)
_UNTIL: Final = (
    r"bis(?: zum)?|spatestens(?: am| bis)?|by|until|till|up to|before|through|expires?(?: on)?|jusqu'?(?:au|a)|"
    r"avant le|au|entro(?: il)?|fino al|hasta(?: el)?|antes del|ate(?: a| o dia)?|al|tot(?: en met)?|uiterlijk|voor|"
    r"do(?: dnia| dne)?|najpozniej|nejpozdeji do|till och med|senast|senest|viimeistaan|до|hat|den ngay|truoc ngay|"
    r"hingga|sampai|s/d|-|–|—"
)
_SINCE: Final = (
    r"von|ab|seit|from|since|starting|du|a partir du|dal|desde(?: el)?|vanaf|od(?: dnia)?|fran|fra|от|с|з|dari|mulai|tu"
)
_VERSION: Final = (
    r"version|rev(?:ision)?\.?(?: ?\d+)?,?|release|ausgabe|stand|auflage|edition|wersja|verze|versao|versione|"
    r"surum|phien ban|versi|версия|версія|build"
)
_REFERENCE: Final = (
    r"gemass|gem|laut|lt|bezug|bezugnehmend|ihre?[rnms]?|unsere?[rnms]?|as per|according to|per your|your|our"
    r"|regarding|ref|reference|selon|suivant|votre|notre|conforme|segun|su|vuestro|vostro|vs|rif|volgens|uw|onze|zgodnie|"
    r"dotyczy|dle|vase|angebot|offer|quote|order|bestellung|auftrag|commande|devis|pedido|orden|ordine|bestelling|"
    r"zamowienie|objednavka|contract|vertrag|contrat|contrato|contratto|umowa|smlouva|lieferschein|delivery note|"
    r"bon de livraison|albaran|ddt|rapport|project|projekt"
)
_NUMBER: Final = (
    r"nr|no|n°|nº|num|number|nummer|numero|numer|cislo|(?<![^\W_])c(?!\d)|số|so|№|facture|invoice|rechnung|factura|fattura|fatura|faktura|"
    r"factuur|receipt|beleg|bon|recu|recibo|ricevuta|счет|рахунок|hoa don"
)

_NEXT_TO: Final[Mapping[str, str]] = {"of": _OF, "until": _UNTIL, "since": _SINCE}
_IN_FRONT: Final[Mapping[str, str]] = {"version": _VERSION, "reference": _REFERENCE, "number": _NUMBER}


@functools.cache
def date_cues() -> tuple[str, ...]:
    """The names of all cues."""
    return (*_NEXT_TO, *_IN_FRONT, "first", "words")


def cues_before(text: str) -> frozenset[str]:
    """Which cues a text in front of a date holds.

    `of`, `until` and `since` are the last words; `version`, `reference` and `number` stand anywhere; `first`: nothing
    stands in front; `words`: more than three words do.
    """
    line = folded(text).strip(" :\t")
    if not line:
        return frozenset({"first"})
    cues = {cue for cue, pattern in _patterns().items() if pattern.search(line[-_NEAR:] if cue in _NEXT_TO else line)}
    return frozenset(cues | ({"words"} if len(line.split()) > 3 else set()))  # noqa: PLR2004


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    # One letter behind a digit ends a code: "C0003CX88Z 08-02-2024" is not "z dnia".
    edge = r"(?<![^\W\d_])(?<!\d(?=.$))"
    near = {cue: re.compile(rf"{edge}(?:{folded(words)})$") for cue, words in _NEXT_TO.items()}
    return near | {cue: re.compile(rf"(?:{folded(words)})(?![^\W\d_])") for cue, words in _IN_FRONT.items()}
