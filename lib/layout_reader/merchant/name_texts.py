"""What a text says about whether it is a name, wherever it stands. Pure.

In: a text. Out: whether nobody is called so, whether it calls itself a bank, how many letters name somebody.
"""

import re

from lib.grammar.companies import find_legal_form
from lib.grammar.currency_table import CODES
from lib.grammar.folding import folded, letters_of

_MACHINE = re.compile(
    r"(?<!\S)\S[^\s@]*@\S+\.\w|://|[a-z]\.[a-z]{2,7}/\w|\burn:|\.(?:xml|pdf|html?|php)\b|\w_\w|"
    r"\b(?:xml|zugferd|factur-?x|xrechnung|en ?16931|peppol)\b",
    re.IGNORECASE,
)
"""Addresses of mail and web, names of files and of formats: nobody is called so."""

_BANK = re.compile(r"bank|banc|banq|sparkass|банк|ธนาคาร|ngan hang|pankki")

_PAGE_OF = re.compile(r"(?:[^\W\d_]{3,8}\.?:? ?)?\d{1,3} ?(?:[^\W\d_]{1,4}|/) ?\d{1,3}")
"""Page 1 of 3, 1 von 3: which page this is, and nobody's name."""

_THANKS = re.compile(
    r"thank(?:s| you)\b|(?:vielen|herzlichen) dank|danke fur|merci (?:pour|de|d'|a)|gracias por|grazie per|"
    r"bedankt voor|dzieku|obrigad[oa] p|dekujeme|dakujeme|tesekkur|terima kasih|cam on|tak for|tack for|takk for|kiitos"
)
"""How a sentence of thanks begins: no name is one."""

_ORNAMENT_FROM = 12


def is_no_name(text: str) -> bool:
    """Whether it is a currency, a row of stars, a text for machines, a page's number or a sentence of thanks."""
    line = folded(text)
    is_sentence = _PAGE_OF.fullmatch(line) or _THANKS.match(line)
    return bool(is_sentence or text in CODES or _is_ornament(text) or _MACHINE.search(text))


def _is_ornament(text: str) -> bool:
    """Whether a line repeats a few signs: OCR reads rows of stars and dashes as letters."""
    letters = letters_of(text) if len(text) >= _ORNAMENT_FROM else ""
    return len(letters) >= _ORNAMENT_FROM and len(set(letters)) <= len(letters) // 4


def says_bank(text: str) -> bool:
    """Whether a text calls itself a bank: invoices name the one to pay at, beside its codes."""
    return _BANK.search(folded(text)) is not None


def own_letters(text: str) -> int:
    """Letters that are no part of a legal form: a line that says "Sdn Bhd" names nobody."""
    form = find_legal_form(text)
    return sum(map(str.isalpha, text)) - (form.letters if form else 0)
