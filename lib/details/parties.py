"""Who issued the document, and whom it is addressed to.

In: a `ParsedDocument`, its labels, and the fields that are settled. Out: `Supplier` and `Customer`. The supplier's name
is the merchant of the six fields; what else is said of a party stands in its block or behind a label.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from lib.computing import in_time
from lib.details.contacts import Contacts, says_contact
from lib.details.customer_names import CustomerNames
from lib.details.labels import Labels, Part, cell_of, leaf_at
from lib.details.party_blocks import LINE_GAP, PartyBlocks, address_beside, letters_of_name, says_town
from lib.details.party_names import label_end
from lib.details.references import customer_number, registration_number
from lib.document import BBox, Field
from lib.extraction import Customer, Leaf, Supplier
from lib.grammar.addresses import says_street
from lib.grammar.countries import detect_countries
from lib.grammar.tax_ids import TaxIdMatch, find_certain_tax_ids, find_tax_ids
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

_BLOCK_ROWS: Final = 6
"""Rows of a party's block below its name, at most."""

_ADDRESS_CELLS: Final = 4
_SECOND: Final = 0.6
"""How sure a second number of the supplier's kind is the customer's."""

_POSTAL = re.compile(
    r"(?<![\w-])(?:(?:[A-Z]{1,2}-?)?\d{4,6}(?:-\d{3,4})?|\d{3} \d{2}|\d{2}-\d{3})(?![\w-])"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]\d{4}[A-Z0-9]{3}\b"
)


class Parties:
    """The parties of one document."""

    def __init__(self, parsed: ParsedDocument, labels: Labels) -> None:
        """Take what was found in the document."""
        self._parsed = parsed
        self._labels = labels
        self._blocks = PartyBlocks(parsed)

    def supplier(self, merchant: Field | None, tax_id: Leaf, country: Leaf) -> Supplier:
        """Whoever issued the document.

        Args:
            merchant: Of the six fields.
            tax_id: Of the extra fields.
            country: Of the document.
        """
        name = replace(merchant, key="name") if merchant is not None and merchant.value is not None else None
        contacts = Contacts(self._parsed, self._labels, self._blocks)
        return Supplier(
            name=name,
            address=self._address(cell_of(name, self._parsed)) if name else None,
            country=country,
            tax_id=tax_id,
            registration_no=registration_number(self._labels),
            phone=contacts.phone(),
            email=contacts.email(),
            website=contacts.website(),
        )

    def customer(self, supplier: Supplier) -> Customer:
        """Whom the document is addressed to."""
        names = CustomerNames(self._parsed, self._labels, self._blocks)
        found = next(names.names(supplier.name), None)
        tax_id = self._customer_tax_id(supplier.tax_id, found[1] if found else None)
        if found is None and tax_id is not None:
            found = names.beside_number(tax_id, supplier.name)
        address = self._address(found[1]) if found else None
        return Customer(
            name=found[0] if found else None,
            address=address,
            country=_country_of(address),
            tax_id=tax_id,
            customer_no=customer_number(self._labels),
        )

    def _customer_tax_id(self, supplier: Leaf, name: Cell | None) -> Leaf:
        """A number behind a label for the customer's, else one in their block or near their name."""
        own = letters_of_name(str(supplier.value)) if supplier else ""
        labels = [*self._labels.of("customer_tax_id")]
        labels += [label for label in self._labels.of("tax_id") if self._is_near(label.cell, name, known=bool(own))]
        for label in labels:
            for part in self._labels.parts(label):
                for match in find_tax_ids(part.text, locales=label.match.locales)[:1]:
                    if letters_of_name(match.value) != own:
                        return _tax_leaf(part, match)
        for row in in_time(self._parsed.rows):
            for cell in row.cells:
                for match in find_certain_tax_ids(cell.text)[:1]:
                    if self._blocks.is_customers(cell) and letters_of_name(match.value) != own:
                        return leaf_at(cell, "tax_id", match.value, (match.start, match.end), 0.85)
        return self._second_tax_id(own) if own else None

    def _second_tax_id(self, own: str) -> Leaf:
        """Another number of the supplier's kind behind a label: whose check digits are right, and no one else's."""
        found: dict[str, Field] = {}
        for label in self._labels.of("tax_id"):
            for part in islice(self._labels.parts(label), 2):
                for match in find_tax_ids(part.text, locales=label.match.locales)[:1]:
                    number = letters_of_name(match.value)
                    if match.checked and number != own and _shape(number) == _shape(own):
                        found.setdefault(
                            number, part.leaf("tax_id", match.value, match.start, match.end, worth=_SECOND)
                        )
        return next(iter(found.values())) if len(found) == 1 else None

    def _is_near(self, cell: Cell, name: Cell | None, *, known: bool) -> bool:
        """Whether a label for a tax number is the customer's: in their block, or in the rows of their name."""
        if self._blocks.is_customers(cell):
            return True
        if name is None or not known or cell.page_index != name.page_index:
            return False
        return -1 <= cell.row - name.row <= _BLOCK_ROWS

    def _address(self, name: Cell | None) -> Leaf:
        """What follows a name in its own row, as in the line over a letter's window; else the rows below it."""
        if name is None:
            return None
        beside = address_beside(self._parsed, name)
        if beside:
            return _address_of(beside)
        found: list[Cell] = []
        above = name
        for row in self._parsed.rows[name.row + 1 : name.row + 1 + _BLOCK_ROWS]:
            below = next(iter(row.over(name.bbox)), None) if row.page_index == name.page_index else None
            is_person = below is not None and not found and label_end(below.text, "attention") > 0
            if below is None or len(found) == _ADDRESS_CELLS or not (is_person or self._goes_on(below)):
                break
            if below.bbox.y0 - above.bbox.y1 > LINE_GAP * below.height:
                break
            above = below
            found += [] if is_person else [below]
        return _address_of(found)

    def _goes_on(self, cell: Cell) -> bool:
        """Whether a cell may be a part of an address: no label, amount, date, mail address or heading."""
        return not (self._labels.begins(cell) or self._ends(cell))

    def _ends(self, cell: Cell) -> bool:
        """Whether a cell is no part of an address: an amount, a date, a mail address, a heading."""
        reading = self._parsed.readings[cell.row][cell.column]
        kinds = {word.kind for word in reading.keywords if word.kind != "tax_id" or word.start == 0}
        return bool(
            reading.dates
            or says_contact(cell.text)
            or kinds & {"customer", "seller", "contact", "tax_id", "date", "total", "item", "quantity"}
            or any(number.kind == "money" for number in reading.numbers)
        )


def _address_of(lines: Sequence[Cell]) -> Leaf:
    """The lines of an address up to the last one that says a place; None where none does."""
    texts = [cell.text[label_end(cell.text, "address") :].strip(" ,;") for cell in lines]
    places = [index for index, text in enumerate(texts) if _says_place(text)]
    if not places:
        return None
    last = places[-1] + 1
    text = ", ".join(filter(None, texts[:last]))
    return Field("address", text, text, 0.7, lines[0].page_index, BBox.around([cell.bbox for cell in lines[:last]]))


def _shape(number: str) -> str:
    """A number's country, where letters name it, and its length."""
    return (number[:2] if number[:2].isalpha() else "") + str(len(number))


def _says_place(text: str) -> bool:
    """Whether a line of an address has a street or a postal code."""
    return says_street(text) or _POSTAL.search(text) is not None or says_town(text)


def _tax_leaf(part: Part, match: TaxIdMatch) -> Field:
    return part.leaf("tax_id", match.value, match.start, match.end, worth=0.97 if match.checked else None)


def _country_of(address: Leaf) -> Leaf:
    """The country that an address names."""
    if address is None or address.raw is None:
        return None
    ranked = detect_countries([address.raw])
    if not ranked or not ranked[0].is_sure:
        return None
    return replace(address, key="country", value=ranked[0].country.code)
