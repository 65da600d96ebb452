"""What a text says about whether it is a name, wherever it stands. Pure.

In: a text. Out: whether nobody is called so, whether it calls itself a bank, how many letters name somebody.
"""

import re

from lib.grammar.companies import find_legal_form
from lib.grammar.currency_table import CODES
from lib.grammar.folding import folded, letters_of
from lib.grammar.recall import remembered

_MACHINE = re.compile(
    r"(?<!\S)\S[^\s@]*@\S+\.\w|://|[a-z]\.[a-z]{2,7}/\w|\burn:|\.(?:xml|pdf|html?|php)\b|\w_\w", re.IGNORECASE
)
"""Addresses of mail and web and names of files: nobody is called so."""

_SIGN_OF_MACHINE = re.compile("[@/:._]")
"""Stands in all of them, and in few names."""

_FORMAT = re.compile(r"\b(?:xml|zugferd|factur-?x|xrechnung|e-?rechnung(?:en)?|en ?16931|peppol)\b", re.IGNORECASE)
"""Names of formats."""

_BANK = re.compile(r"bank|banc|banq|sparkass|банк|ธนาคาร|ngan hang|pankki")

_PAGE_OF = r"(?:[^\W\d_]{3,8}\.?:? ?)?\d{1,3} ?(?:[^\W\d_]{1,4}|/) ?\d{1,3}"
"""Page 1 of 3, 1 von 3: which page this is, and nobody's name."""

_THANKS = (
    r"thank(?:s|$| you)\b|(?:vielen|herzlichen) dank|danke fur|merci (?:pour|de|d'|a)|gracias por|grazie per|"
    r"bedankt voor|dzieku|obrigad[oa] p|dekujeme|dakujeme|tesekkur|terima kasih|cam on|tak for|tack for|takk for|kiitos"
)
"""How a sentence of thanks begins: no name is one."""

_AFFILIATION = (
    r"(?:(?:an?|eine?|une?|una) )?(?:[^\W\d_]+ ){0,2}"
    r"(?:member|division|subsidiary|brand|unternehmen|marke|societe|filiale|empresa|impresa) "
    r"(?:of|der|des|von|du|de|del|della)\b|"
    r"an? [^\W\d_]+ (?:group )?company$|"
    r"(?:authori[sz]ed|official) (?:dealer|reseller|distributor|retailer)s?\b"
)
"""What a company says about whom it belongs to or stands for: "A Fernhold Company"; its own name stands over it."""

_DEPARTMENT = re.compile(
    r"\(?(?:.{0,40}\b)?(?:(?:billing|accounts?|finance) dep\w*\.?|accounts? (?:receivable|payable)|"
    r"customer (?:service|care)|rechnungsabteilung|kundenservice|service client\w*)\W*"
)
"""A department of a company: the company itself stands elsewhere."""

_SIGN_OF_DEPARTMENT = re.compile("dep|account|customer|service|abteilung")
"""Stands in all of them, and in few names."""

_TRADE = re.compile(
    r"\(?(?P<company>.{0,40}\b)?(?:billing|buchhaltung|comptabilite|contabilidad|administracion|amministrazione|"
    r"boekhouding|ksiegowosc)\W*"
)
"""What a department is called, and a firm that does it for others."""

_WEEKDAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lundi|mardi|mercredi|"
    r"jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo|lunedi|martedi|mercoledi|"
    r"giovedi|venerdi|sabato|domenica"
)

_ARTICLE = r"\d{6,}"
"""The number of an article, in front of its name."""

_WHOLE = re.compile(f"{_PAGE_OF}|{_WEEKDAY}")
_BEGINNING = re.compile(f"{_THANKS}|{_AFFILIATION}|{_ARTICLE}")
"""What is no name, all of it, and whatever stands behind it."""

_ORNAMENT_FROM = 12


@remembered
def is_no_name(text: str) -> bool:
    """Whether it is a question, thanks, a department, an affiliation, a number, or for machines."""
    line = folded(text)
    says_else = "?" in line or text in CODES or _BEGINNING.match(line) or _WHOLE.fullmatch(line)
    return bool(says_else or _is_department(line) or _is_ornament(text) or _is_for_machines(text))


def _is_department(line: str) -> bool:
    """Whether a text, folded, is what companies call one of their departments."""
    return _SIGN_OF_DEPARTMENT.search(line) is not None and _DEPARTMENT.fullmatch(line) is not None


def _is_for_machines(text: str) -> bool:
    """Whether a text holds an address, or names a file or a format."""
    return bool((_SIGN_OF_MACHINE.search(text) and _MACHINE.search(text)) or _FORMAT.search(text))


def department_of(text: str) -> str | None:
    """Whose department a text may name, letters alone: "contoso" of "Contoso Billing", "" of "Billing"; None: nobody's.

    "Huber Buchhaltung" is a firm, unless there is a Huber that is called otherwise.
    """
    match = _TRADE.fullmatch(folded(text))
    return letters_of(match["company"] or "") if match else None


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
