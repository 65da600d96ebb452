"""Who issued the document, and whom it is addressed to.

In: a `ParsedDocument`, its labels, and the fields that are settled. Out: `Supplier` and `Customer`. The supplier's name
is the merchant of the six fields; what else is said of a party stands in its block or behind a label.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lib.computing import in_time
from lib.details.kinds import is_slip
from lib.details.labels import Labels, Part, leaf_at
from lib.details.party_blocks import LINE_GAP, TOWN, address_blocks
from lib.details.references import customer_number, registration_number
from lib.details.words import find_labels
from lib.document import Field
from lib.extraction import Customer, Leaf, Supplier
from lib.grammar.addresses import says_street
from lib.grammar.countries import detect_countries
from lib.grammar.keywords import KeywordMatch
from lib.grammar.tax_ids import TaxIdMatch, find_tax_ids, find_vat_ids
from lib.layout_reader.page.blocks import Blocks
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import ParsedDocument

EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")
WEBSITE: Final = re.compile(
    r"(?:https?://|www\.)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}(?:/[\w./-]{0,80})?"
    r"|(?<![\w@.+-])[\w-]{3,63}\.(?:com|de|net|org|co\.uk|fr|it|es|nl|at|ch|eu|pl|cz|com\.my|com\.sg|com\.au)\b(?!@)",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?:\+|\(\+?|00)?\d(?:[\s./()-]{0,3}\d){5,14}(?!\d)")
_PHONE_ALONE = re.compile(
    r"(?<![\d.,/-])(?:\+\d{1,3}[ .-]?(?:\(0\))?[ .-]?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}"
    r"|\(\d{3}\)[ .-]{0,3}\d{3}[ .-]{0,3}\d{4}|(?:1[ .-])?\d{3}[ .\\-]{1,3}\d{3}[ .-]{1,2}\d{4}"
    r"|\(?0\d{1,4}\)?[ ./-]{1,3}(?:\d{3,4}(?:[ .-]?\d{2,4}){1,2}|\d{6,8}))(?![\d,/-])"
)
_PHONE_BARE = re.compile(r"[2-9]\d{2}[2-9]\d{6}|[2-9]\d{2}-\d{7}|[2-9]\d{2}-\d{4}|0\d{1,3}-\d{6,8}")
"""What a cell of its own says in the head of a slip."""

_FEWEST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 7, 15
_HEAD_ROWS: Final = 10
"""Rows in which a slip says who issued it."""

_BLOCK_ROWS: Final = 6
"""Rows of a party's block below its name, at most."""

_INDENT: Final = 8.0
"""Heights of the text by which a block may begin to the right of its heading."""

_ADDRESS_CELLS: Final = 4
_POSTAL = re.compile(r"(?<![\d-])(?:[A-Z]{1,2}-)?\d{3,6}(?:[- ]\d{2,4})?(?![\d-])|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_NAME_MARKS: Final = " :.;#,-"
_FEWEST_LETTERS: Final = 3
_LONGEST_NAME: Final = 80
_NAME_LABEL: Final = re.compile(
    r"^(?:contact name|company name|customer name|client name|buyer name|attn|attention|z\.? ?hd\.?|à l'attention de|"
    r"name|nombre|razon social|razón social|firma|firm|messrs|m/s)\b[\s.:]*",
    re.IGNORECASE,
)
_TITLE_OF_PERSON: Final = re.compile(
    r"(?:mr|mrs|ms|herrn?|frau|firma|monsieur|madame|m\.|mme|sig\.?|sr\.?|sra\.?)\.?", re.IGNORECASE
)
_ANNOUNCES: Final = re.compile(r"\s*(?::|$)")
"""What stands behind a label: a colon, or the end of its cell."""

_LONGEST_HEADING: Final = 40
_MOST_HEADINGS: Final = 40
_NO_NAME: Final = re.compile(
    r"^(?:c[oó]d(?:igo)?\b|code\b|p\.? ?o\.? box|post office box|information$)|\w{2,} ?: ", re.IGNORECASE
)
_MOSTLY: Final = 0.6
"""Share of a cell's letters that words for something else take in a label."""


class Parties:
    """The parties of one document."""

    def __init__(self, parsed: ParsedDocument, labels: Labels) -> None:
        """Take what was found in the document."""
        self._parsed = parsed
        self._labels = labels
        self._blocks = Blocks(parsed)
        self._is_slip = is_slip(parsed)

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
            tax_id=tax_id,
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
            tax_id=self._customer_tax_id(supplier.tax_id, found[1] if found else None),
            customer_no=customer_number(self._labels),
        )

    def _is_customers(self, cell: Cell) -> bool:
        return not self._is_slip and "in_customer" in self._blocks.around(cell)

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
        for label in self._labels.of("phone"):
            if not self._is_customers(label.cell):
                for part in self._labels.parts(label, below=False):
                    found = _number(part)
                    if found:
                        return found
        return self._unlabelled_phone()

    def _unlabelled_phone(self) -> Leaf:
        """The first number in the form of a telephone's, which no label calls something else."""
        for row in in_time(self._parsed.readings):
            for reading in row:
                cell = reading.cell
                if self._labels.begins(cell) or self._is_customers(cell):
                    continue
                match = _PHONE_ALONE.search(cell.text)
                if match is None and self._is_slip and cell.row < _HEAD_ROWS:
                    match = _PHONE_BARE.fullmatch(cell.text)
                dated = match and any(day.start < match.end() and match.start() < day.end for day in reading.dates)
                if match and not dated and _is_phone(match[0]):
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

    def _customer_tax_id(self, supplier: Leaf, name: Cell | None) -> Leaf:
        """A number behind a label for the customer's, else one in their block or near their name."""
        own = _letters(str(supplier.value)) if supplier else ""
        labels = [*self._labels.of("customer_tax_id")]
        labels += [label for label in self._labels.of("tax_id") if self._is_near(label.cell, name, known=bool(own))]
        for label in labels:
            for part in self._labels.parts(label):
                for match in find_tax_ids(part.text, locales=label.match.locales)[:1]:
                    if _letters(match.value) != own:
                        return _tax_leaf(part, match)
        for row in in_time(self._parsed.rows):
            for cell in row.cells:
                for match in find_vat_ids(cell.text)[:1]:
                    if self._is_customers(cell) and _letters(match.value) != own:
                        return leaf_at(cell, "tax_id", match.value, (match.start, match.end), 0.85)
        return None

    def _is_near(self, cell: Cell, name: Cell | None, *, known: bool) -> bool:
        """Whether a label for a tax number is the customer's: in their block, or in the rows of their name."""
        if self._is_customers(cell):
            return True
        if name is None or not known or cell.page_index != name.page_index:
            return False
        return -1 <= cell.row - name.row <= _BLOCK_ROWS

    def _customer_names(self, supplier: Supplier) -> Iterator[tuple[Field, Cell]]:
        """Names behind or below the words that announce a customer, then those of address blocks, and their cells."""
        own = _letters(str(supplier.name.value)) if supplier.name else ""
        for cell, end in self._announcements():
            for part in self._near(cell, end):
                leaf = self._name(part)
                if leaf and _letters(str(leaf.value)) != own:
                    yield leaf, part.cell
                    break
        yield from self._block_names(own)

    def _block_names(self, own: str) -> Iterator[tuple[Field, Cell]]:
        """The names of address blocks that hold nothing of the supplier's."""
        if self._is_slip:
            return
        for block in address_blocks(self._parsed):
            texts = [cell.text for cell in block]
            is_own = any(own and (own in _letters(text) or _letters(text) in own) for text in texts)
            is_senders = any(EMAIL.search(text) or WEBSITE.search(text) or _PHONE_ALONE.search(text) for text in texts)
            if is_own or is_senders or any(self._in_sellers(cell) for cell in block):
                continue
            names = [cell for cell in block[:-1] if not _TITLE_OF_PERSON.fullmatch(cell.text.strip())]
            leaf = self._name(Part.whole(names[0], worth=0.7)) if names else None
            if leaf:
                yield leaf, names[0]

    def _in_sellers(self, cell: Cell) -> bool:
        return "in_seller" in self._blocks.around(cell)

    def _announcements(self) -> Iterator[tuple[Cell, int]]:
        """Where the words for a customer end, those that head a block first: "Bill to" before "Ship to"."""
        found = [
            (_rank(word.phrase), reading.cell.row, reading.cell, word.end)
            for row in self._parsed.readings
            for reading in row
            for word in reading.keywords
            if word.kind == "customer" and not word.glued and _heads(reading.cell, word)
        ]
        found += [
            (1, label.cell.row, label.cell, label.match.end)
            for label in self._labels.of("customer")
            if _ANNOUNCES.match(label.cell.text, label.match.end) and label.match.start == 0
        ]
        for _, _, cell, end in sorted(found, key=lambda each: each[:2])[:_MOST_HEADINGS]:
            yield cell, end

    def _near(self, cell: Cell, end: int) -> Iterator[Part]:
        """Where a name may stand: behind the words, in the next cell, in the rows below."""
        rest = cell.text[end:]
        if any(map(str.isalpha, rest)) and not rest.rstrip().endswith(":") and not self._is_label(cell, end):
            yield Part(cell, end, len(cell.text), 0.8)
        rows = self._parsed.rows
        followers = rows[cell.row].cells[cell.column + 1 : cell.column + 2]
        under = [
            other
            for row in rows[cell.row + 1 : cell.row + 4]
            if row.page_index == cell.page_index
            for other in _below(row, cell)
        ]
        beside = [Part.whole(other, worth=0.8) for other in followers if not self._is_label(other, 0)]
        lower = [Part.whole(other, worth=0.85) for other in under if not self._is_label(other, 0)]
        yield from (*lower, *beside)

    def _is_label(self, cell: Cell, start: int) -> bool:
        """Whether the text of a cell from an offset on is a label, or announces a party itself."""
        text = cell.text[start:].strip(" :.#-")
        if cell.text.rstrip().endswith(":") or (start == 0 and self._labels.begins(cell)):
            return not _NAME_LABEL.match(text)
        words = [word for word in self._parsed.readings[cell.row][cell.column].keywords if word.start >= start]
        covered = sum(word.end - word.start for word in words if word.kind != "not_merchant")
        return bool(words) and covered >= _MOSTLY * max(1, len(text)) and not _NAME_LABEL.match(text)

    def _name(self, part: Part) -> Field | None:
        """A part as a name, without the words in front of it."""
        text = part.text.strip(_NAME_MARKS)
        text = _NAME_LABEL.sub("", text) or text
        if not sum(map(str.isalpha, text)) >= _FEWEST_LETTERS or len(text) > _LONGEST_NAME or _is_no_name(text):
            return None
        start = part.text.index(text)
        return part.leaf("name", text, start, start + len(text))

    def _address(self, name: Cell | None) -> Leaf:
        """The rows below a name that stand under it, until something else begins."""
        if name is None:
            return None
        found: list[Cell] = []
        for row in self._parsed.rows[name.row + 1 : name.row + 1 + _BLOCK_ROWS]:
            below = next(iter(row.over(name.bbox)), None) if row.page_index == name.page_index else None
            if below is None or self._labels.begins(below) or self._ends(below) or len(found) == _ADDRESS_CELLS:
                break
            if below.bbox.y0 - (found or [name])[-1].bbox.y1 > LINE_GAP * below.height:
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


def _below(row: Row, heading: Cell) -> Iterator[Cell]:
    """The cell of a row that stands under a heading, or begins a little to its right."""
    found = next(iter(row.over(heading.bbox)), None)
    if found is None:
        near = _INDENT * heading.height
        found = next((cell for cell in row.cells if 0 <= cell.bbox.x0 - heading.bbox.x0 <= near), None)
    if found is not None:
        yield found


def _heads(cell: Cell, word: KeywordMatch) -> bool:
    """Whether a word begins its cell, or stands in a heading: sentences speak of customers, too."""
    return word.start == 0 or len(cell.text) <= _LONGEST_HEADING


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


def _is_no_name(text: str) -> bool:
    """Whether a text is a street, a mail address or mostly digits."""
    digits = sum(map(str.isdigit, text))
    is_place = says_street(text) or EMAIL.search(text) or TOWN.search(text)
    return bool(is_place or 2 * digits > len(text) or _NO_NAME.search(text) or _begins_with_label(text))


def _begins_with_label(text: str) -> bool:
    return any(match.start == 0 and not match.glued for match in find_labels(text)[:1])


def _country_of(address: Leaf) -> Leaf:
    """The country that an address names."""
    if address is None or address.raw is None:
        return None
    ranked = detect_countries([address.raw])
    if not ranked or not ranked[0].is_sure:
        return None
    return replace(address, key="country", value=ranked[0].country.code)
