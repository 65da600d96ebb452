"""Who issued the document, and whom it is addressed to.

In: a `ParsedDocument`, its labels, and the fields that are settled. Out: `Supplier` and `Customer`. The supplier's name
is the merchant of the six fields; what else is said of a party stands in its block or behind a label.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lib.computing import in_time
from lib.details.labels import Labels, Part, leaf_at
from lib.details.references import CHECK_DIGITS, customer_number, registration_number
from lib.document import Field
from lib.extraction import Customer, Leaf, Supplier
from lib.grammar.countries import detect_countries
from lib.grammar.tax_ids import TaxIdMatch, find_tax_ids, find_vat_ids
from lib.layout_reader.merchant.addresses import says_street
from lib.layout_reader.page.blocks import Blocks
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import CellReading, ParsedDocument

EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")
WEBSITE: Final = re.compile(
    r"(?:https?://|www\.)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}(?:/[\w./-]{0,80})?"
    r"|(?<![\w@.+-])[\w-]{3,63}\.(?:com|de|net|org|co\.uk|fr|it|es|nl|at|ch|eu|pl|cz|com\.my|com\.sg|com\.au)\b(?!@)",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?:\+|\(\+?|00)?\d(?:[\s./()-]{0,3}\d){5,14}(?!\d)")
_PHONE_ALONE = re.compile(
    r"(?<![\d.,/-])(?:\+\d{1,3}[ .-]?(?:\(0\))?[ .-]?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}"
    r"|(?:1[ .-])?\(?\d{3}\)?[ .-]{1,3}\d{3}[ .-]{1,2}\d{4}"
    r"|\(?0\d{1,4}\)?[ ./-]{1,2}\d{3,4}(?:[ .-]?\d{2,4}){1,2})(?![\d.,/-])"
)
_TAX_ID_TAIL: Final = re.compile(r"[\s:.#-]{0,4}((?:CHE|[A-Z]{2})[ -]?(?:[A-Z0-9][ .-]?){7,13}[A-Z0-9])(?![A-Z0-9])")
_FEWEST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 7, 15
_DOUBTED: Final = 0.4
_BLOCK_ROWS: Final = 6
"""Rows of a party's block below its name, at most."""

_ADDRESS_CELLS: Final = 4
_POSTAL = re.compile(r"(?<![\d-])(?:[A-Z]{1,2}-)?\d{3,6}(?:[- ]\d{2,4})?(?![\d-])|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_NAME_MARKS: Final = re.compile(r"^[\s:.;#,-]+|[\s:;,-]+$")
_FEWEST_LETTERS: Final = 3
_LONGEST_NAME: Final = 80
_ATTENTION: Final = re.compile(
    r"^(?:attn|attention|att|z\.? ?hd\.?|z\.? ?h\.?|a l'attention de|name|company(?: name)?|nombre|firma|messrs|m/s)"
    r"\b[\s.:]*",
    re.IGNORECASE,
)


class Parties:
    """The parties of one document."""

    def __init__(self, parsed: ParsedDocument, labels: Labels) -> None:
        """Take what was found in the document."""
        self._parsed = parsed
        self._labels = labels
        self._blocks = Blocks(parsed)

    def supplier(self, merchant: Field | None, tax_id: Leaf, country: Leaf) -> Supplier:
        """Whoever issued the document.

        Args:
            merchant: Of the six fields.
            tax_id: Of the extra fields.
            country: Of the document.
        """
        name = replace(merchant, key="name") if merchant is not None and merchant.value is not None else None
        return Supplier(
            name=name,
            address=self._address(self._cell_of(name)) if name else None,
            country=country,
            tax_id=tax_id or self._misprinted_tax_id(),
            registration_no=registration_number(self._labels),
            phone=self._phone(),
            email=self._pattern("email", EMAIL),
            website=self._pattern("website", WEBSITE),
        )

    def customer(self, supplier: Supplier) -> Customer:
        """Whom the document is addressed to."""
        found = next(self._customer_names(supplier), None)
        address = self._address(found[1]) if found else None
        return Customer(
            name=found[0] if found else None,
            address=address,
            country=_country_of(address),
            tax_id=self._customer_tax_id(supplier.tax_id),
            customer_no=customer_number(self._labels),
        )

    def _is_customers(self, cell: Cell) -> bool:
        return "in_customer" in self._blocks.around(cell)

    def _cell_of(self, leaf: Field) -> Cell | None:
        """The cell that a leaf stands in."""
        if leaf.bbox is None:
            return None
        x, y = leaf.bbox.center
        for row in self._parsed.rows:
            for cell in row.cells if row.page_index == leaf.page_index else ():
                if cell.bbox.x0 <= x <= cell.bbox.x1 and cell.bbox.y0 <= y <= cell.bbox.y1:
                    return cell
        return None

    def _phone(self) -> Leaf:
        """The first number behind a label for telephones, else one that stands alone in the form of one."""
        faxes = {(label.cell.row, label.cell.column) for label in self._labels.of("fax") if label.match.start == 0}
        for label in self._labels.of("phone"):
            if not self._is_customers(label.cell):
                for part in self._labels.parts(label, below=False):
                    found = _number(part)
                    if found:
                        return found
        for row in in_time(self._parsed.readings):
            for reading in row:
                cell = reading.cell
                if (cell.row, cell.column) in faxes or self._is_customers(cell):
                    continue
                match = _PHONE_ALONE.search(cell.text)
                if match and not reading.dates and _is_phone(match[0]):
                    return leaf_at(cell, "phone", match[0].strip(), match.span(), 0.7)
        return None

    def _pattern(self, key: str, pattern: re.Pattern[str]) -> Leaf:
        """The first text of a form that is not in the customer's block."""
        for row in in_time(self._parsed.rows):
            for cell in row.cells:
                match = pattern.search(cell.text)
                if match and not self._is_customers(cell):
                    value = match[0].rstrip(".").lower() if key == "email" else match[0].rstrip("./")
                    return leaf_at(cell, key, value, match.span(), 0.85)
        return None

    def _misprinted_tax_id(self) -> Leaf:
        """A number behind the label of a VAT number that has a country's prefix and the wrong check digits."""
        for label in self._labels.of("tax_id"):
            if self._is_customers(label.cell):
                continue
            for part in self._labels.parts(label):
                match = _TAX_ID_TAIL.match(part.text)
                if match:
                    value = re.sub(r"[ .-]", "", match[1])
                    span = match.start(1), match.end(1)
                    return part.leaf("tax_id", value, *span, worth=_DOUBTED, problem=CHECK_DIGITS)
        return None

    def _customer_tax_id(self, supplier: Leaf) -> Leaf:
        """A number behind a label for the customer's, else one in the customer's block; never the supplier's own."""
        own = "".join(filter(str.isalnum, str(supplier.value))) if supplier else ""
        labels = [*self._labels.of("customer_tax_id")]
        labels += [label for label in self._labels.of("tax_id") if self._is_customers(label.cell)]
        for label in labels:
            for part in self._labels.parts(label):
                for match in find_tax_ids(part.text, locales=label.match.locales)[:1]:
                    if "".join(filter(str.isalnum, match.value)) != own:
                        return _tax_leaf(part, match)
        for row in in_time(self._parsed.rows):
            for cell in row.cells:
                for match in find_vat_ids(cell.text)[:1]:
                    if self._is_customers(cell) and match.value != own:
                        return leaf_at(cell, "tax_id", match.value, (match.start, match.end), 0.85)
        return None

    def _customer_names(self, supplier: Supplier) -> Iterator[tuple[Field, Cell]]:
        """Names behind or below the words that announce a customer, and their cells."""
        own = _letters(str(supplier.name.value)) if supplier.name else ""
        for reading, end in self._announcements():
            for part in self._near(reading.cell, end):
                leaf = _name(part)
                if leaf and _letters(str(leaf.value)) != own and not _is_no_name(str(leaf.value)):
                    yield leaf, part.cell
                    break

    def _announcements(self) -> Iterator[tuple[CellReading, int]]:
        """The words for a customer, those that head a block first: "Bill to" before "Ship to"."""
        found = [
            (reading, word)
            for row in self._parsed.readings
            for reading in row
            for word in reading.keywords
            if word.kind == "customer" and not word.glued
        ]
        for reading, word in sorted(found, key=lambda each: (_rank(each[1].phrase), each[0].cell.row)):
            yield reading, word.end

    def _near(self, cell: Cell, end: int) -> Iterator[Part]:
        """Where a name may stand: behind the words, in the next cell, in the rows below."""
        rest = cell.text[end:]
        if any(map(str.isalpha, rest)):
            yield Part(cell, end, len(cell.text), 0.8)
            return
        rows = self._parsed.rows
        followers = rows[cell.row].cells[cell.column + 1 : cell.column + 2]
        under = [
            other
            for row in rows[cell.row + 1 : cell.row + 4]
            if row.page_index == cell.page_index
            for other in list(row.over(cell.bbox))[:1]
        ]
        beside = [Part.whole(other, worth=0.8) for other in followers]
        lower = [Part.whole(other, worth=0.85) for other in under]
        yield from (*beside, *lower) if cell.text.rstrip().endswith(":") and beside else (*lower, *beside)

    def _address(self, name: Cell | None) -> Leaf:
        """The rows below a name that stand under it, until something else begins."""
        if name is None:
            return None
        found: list[Cell] = []
        for row in self._parsed.rows[name.row + 1 : name.row + 1 + _BLOCK_ROWS]:
            below = next(iter(row.over(name.bbox)), None) if row.page_index == name.page_index else None
            if below is None or self._labels.begins(below) or self._ends(below) or len(found) == _ADDRESS_CELLS:
                break
            found.append(below)
        texts = [cell.text.strip(" ,;") for cell in found]
        says_place = any(says_street(text) for text in texts) or any(_POSTAL.search(text) for text in texts)
        if not found or not says_place:
            return None
        last = max(i for i, text in enumerate(texts) if says_street(text) or _POSTAL.search(text))
        first = found[0]
        box = first.bbox.around([cell.bbox for cell in found[: last + 1]])
        text = ", ".join(texts[: last + 1])
        return Field("address", text, text, 0.7, first.page_index, box)

    def _ends(self, cell: Cell) -> bool:
        """Whether a cell is no part of an address: an amount, a date, a mail address, a heading."""
        reading = self._parsed.readings[cell.row][cell.column]
        kinds = {word.kind for word in reading.keywords}
        return bool(
            reading.dates
            or EMAIL.search(cell.text)
            or WEBSITE.search(cell.text)
            or kinds & {"customer", "seller", "contact", "date", "total", "item", "quantity"}
            or any(number.kind == "money" for number in reading.numbers)
        )


def _rank(phrase: str) -> int:
    """Bill to before ship to: who is billed is the customer."""
    letters = phrase.lower()
    if any(word in letters for word in ("ship", "deliver", "liefer", "livr", "entrega", "consegna", "lever")):
        return 2
    return 0 if " " in letters.strip() else 1


def _number(part: Part) -> Field | None:
    """The telephone number that a part begins with, more or less."""
    match = _PHONE.search(part.text)
    if match is None or match.start() > len("/mobile no. : (+)") or not _is_phone(match[0]):
        return None
    return part.leaf("phone", match[0].strip(), match.start(), match.end())


def _is_phone(text: str) -> bool:
    return _FEWEST_PHONE_DIGITS <= sum(map(str.isdigit, text)) <= _MOST_PHONE_DIGITS


def _tax_leaf(part: Part, match: TaxIdMatch) -> Field:
    return part.leaf("tax_id", match.value, match.start, match.end, worth=0.97 if match.checked else None)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _name(part: Part) -> Field | None:
    text = _NAME_MARKS.sub("", part.text)
    text = _ATTENTION.sub("", text) or text
    if sum(map(str.isalpha, text)) < _FEWEST_LETTERS or len(text) > _LONGEST_NAME:
        return None
    start = part.text.index(text)
    return part.leaf("name", text, start, start + len(text))


def _is_no_name(text: str) -> bool:
    """Whether a text is a street, a mail address or mostly digits."""
    digits = sum(map(str.isdigit, text))
    return bool(says_street(text) or EMAIL.search(text) or 2 * digits > len(text))


def _country_of(address: Leaf) -> Leaf:
    """The country that an address names."""
    if address is None or address.raw is None:
        return None
    ranked = detect_countries([address.raw])
    if not ranked or not ranked[0].is_sure:
        return None
    return replace(address, key="country", value=ranked[0].country.code)
