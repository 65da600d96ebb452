"""The merchant rule: a company's name and nothing around it.

In: an answer's text. Out: an `Outcome`. Registration numbers, labels in front ("Seller:") and the address of a letter's
sender line ("Firma GmbH - Weg 1 - 12345 Ort") are cut off; a text that is no name at all is no merchant, and neither is
one that OCR could hardly read and that nothing else in the document repeats.
"""

import re
from dataclasses import replace
from itertools import accumulate
from typing import Final

from lib.grammar.folding import letters_of, share_of_ideographs
from lib.grammar.locales import find_keywords
from lib.grammar.lookalikes import name_letters
from lib.post.evidence import Evidence
from lib.post.outcome import FAILED, WEAK_EVIDENCE, Outcome

_LABELS = frozenset({"seller", "not_merchant"})
_FEWEST_LETTERS: Final = 2

_HARDLY_READ: Final = 0.8
_WELL_READ: Final = 0.9
"""OCR's confidence below which a name in one line only is none, and from which its letters are mostly right."""

_DOUBTED: Final = 0.6
_NEARLY_SURE: Final = 0.8
"""What such a name is worth below and above that: the shares of names that were right on labeled photos."""

_REGISTRATION = re.compile(r"\s*[(\[][^()\[\]]{0,20}\d{4,}[^()\[\]]{0,12}[)\]]?\s*$|\s+\d{5,9}\s?-?\s?[A-Z]$")
_NUMBERED_TAIL = re.compile(
    r"(?<=\w\w\w)[\s,;(-]{1,4}(?:(?:tel|phone|ph|fax|mob|mobile|cell|gst|gstin|vat|abn|acn|uen|nif|cif|nit|ruc|rut|cuit|cnpj|"
    r"kvk|siret|siren|nip|oib|p\.? ?iva|ust-?id\w*|trn|tin|crn?|cin)\b[\s.:#()a-z-]{0,12}"
    r"(?=(?:\D{0,6}\d){5})|:\s?\S{0,3})\d.*$",
    re.IGNORECASE,
)
"""A telephone, tax or register number of five digits and more behind a name, or any number behind a colon."""

_ICON = re.compile(r"^[\u4e00-\u9fff]{1,2} ?(?=[A-Za-z]{2})|(?<=[A-Za-z]{2}) ?[\u4e00-\u9fff]{1,2}$")
"""A picture beside a name in Latin letters, which OCR reads as a Chinese character."""

_FEW_IDEOGRAPHS: Final = 0.1
"""Share of the letters of a document up to which its Chinese characters are pictures."""

_COLUMN = re.compile(r"\s+[-–—•·|*]\s+|\s*[|•]\s*|,\s+|;\s*")
_ADDRESS = re.compile(r"\d")
_ONLY_ADDRESS = re.compile(
    r"(?:no|lot|unit)\b[. ]{0,2}[\d ,/-]{1,20}"  # No. 53, 55
    r"|(?:[a-z]{1,2}-)?\d{5,6} [^\W\d][^\d]{0,40}"  # 12345 Berlin
    r"|[^\d]{2,30}(?:str\.|straße|strasse|street|st\.|road|rd\.|avenue|ave\.?|lane|weg|platz|gasse|laan|straat|ul\.)"
    r"(?: ?\d[\w /-]{0,10})?",  # Main Street 5
    re.IGNORECASE,
)
_NAMED_AFTER_STREET = re.compile(
    r"[^\W\d]{2,} (?:am|im|an der|in der|zum|zur|aan de|aan het|op de|on|at|by) [^\d]{3,}", re.IGNORECASE
)
"""A house that is named by where it stands, as inns are: "Adler am Marktplatz"."""

_AROUND = " \t,;:|*•·_~=<>`#/\\-–—"
_QUOTES = frozenset("\"'“”„«»‘’")
_ABBREVIATION = re.compile(
    r"(?:\b[^\W\d]\.|\b(?:inc|ltd|co|corp|bhd|no|jr|st|cia|lda|soc|gebr|bros))\.?$", re.IGNORECASE
)


def read_merchant(text: str) -> Outcome:
    """The name in `text`, as printed."""
    name = name_letters(" ".join(text.split()))
    name = _without_label(name)
    name = _without_address(name)
    name = _REGISTRATION.sub("", _NUMBERED_TAIL.sub("", name)).strip(_AROUND)
    if name[:1] in _QUOTES and name[-1:] in _QUOTES:
        name = name[1:-1]
    if name.endswith(".") and not _ABBREVIATION.search(name):
        name = name.rstrip(". ")
    if sum(character.isalpha() for character in name) < _FEWEST_LETTERS or _is_only_address(name):
        return FAILED
    return Outcome(name)


def read_merchant_of(text: str, evidence: Evidence) -> Outcome:
    """The name in `text`, as sure as OCR was of it; a picture beside the name explains its doubt."""
    text = text.strip()
    if _ICON.search(text) and share_of_ideographs(line.text for line in evidence.lines) < _FEW_IDEOGRAPHS:
        return read_merchant(_ICON.sub(" ", text))
    return _held_against_ocr(read_merchant(text), evidence)


def _held_against_ocr(outcome: Outcome, evidence: Evidence) -> Outcome:
    """The outcome as sure as OCR was of letters that stand once only; none where it could hardly read them."""
    letters = letters_of(str(outcome.value or ""))
    confidence = evidence.ocr_confidence(letters) if letters else 1.0
    if confidence == 1.0 or sum(letters in line for line in evidence.letters) > 1:
        return outcome
    if confidence < _HARDLY_READ:
        return Outcome(None, outcome.certainty, WEAK_EVIDENCE)
    return replace(outcome, certainty=outcome.certainty * (_DOUBTED if confidence < _WELL_READ else _NEARLY_SURE))


def _is_only_address(name: str) -> bool:
    return _ONLY_ADDRESS.fullmatch(name) is not None and not _NAMED_AFTER_STREET.fullmatch(name)


def _without_label(name: str) -> str:
    """`name` without "Seller:" and the like in front of it, where something is left."""
    head, colon, tail = name.partition(":")
    labels = [match for match in find_keywords(head) if match.kind in _LABELS]
    covered = any(match.start == 0 and match.end >= len(head.rstrip()) for match in labels)
    return tail.strip() if colon and covered and tail.strip() else name


def _without_address(name: str) -> str:
    """`name` up to the first column break behind which the numbers of an address stand."""
    numbers = [match.start() for match in _ADDRESS.finditer(name)]
    letters = [0, *accumulate(map(str.isalpha, name))]
    for match in _COLUMN.finditer(name) if numbers else ():
        start, end = match.span()
        if end <= numbers[-1] and start <= numbers[0] and letters[start] > _FEWEST_LETTERS:
            return name[:start]
    return name
