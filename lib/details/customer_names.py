"""Names of whom a document is addressed to.

In: a `ParsedDocument`, its labels and the blocks of its parties. Out: names with their cells, the likeliest first:
behind or below the words that announce a customer, then the first lines of address blocks that nothing announces.
"""

import re
from collections.abc import Iterator
from typing import Final

from lib.details.contacts import says_contact
from lib.details.labels import Labels, Part
from lib.details.party_blocks import TOWN, PartyBlocks, address_blocks, letters_of_name
from lib.details.words import find_labels
from lib.document import Field
from lib.extraction import Leaf
from lib.grammar.addresses import says_street
from lib.grammar.contacts import EMAIL
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import ParsedDocument

_INDENT: Final = 8.0
"""Heights of the text by which a block may stand beside its heading."""

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

_NUMBER_OF: Final = re.compile(r"\s*(?:p/?o\b|id\b|no\b|nr\b|number\b|code\b|ref|#)", re.IGNORECASE)
"""What makes a number's label of a word for the customer."""

_LONGEST_HEADING: Final = 40
_MOST_HEADINGS: Final = 40
_NO_NAME: Final = re.compile(
    r"^(?:c[oó]d(?:igo)?\b|code\b|p\.? ?o\.? box|post office box|information$)|\w{2,} ?: ", re.IGNORECASE
)
_MOSTLY: Final = 0.6
"""Share of a cell's letters that words for something else take in a label."""


class CustomerNames:
    """Looks for the customer's name in one document."""

    def __init__(self, parsed: ParsedDocument, labels: Labels, blocks: PartyBlocks) -> None:
        """Take what was found in the document."""
        self._parsed = parsed
        self._labels = labels
        self._blocks = blocks

    def names(self, supplier: Leaf) -> Iterator[tuple[Field, Cell]]:
        """Names that are not the supplier's, and their cells."""
        own = letters_of_name(str(supplier.value)) if supplier else ""
        for cell, end in self._announcements():
            for part in self._near(cell, end):
                leaf = self._name(part)
                if leaf and letters_of_name(str(leaf.value)) != own:
                    yield leaf, part.cell
                    break
        yield from self._block_names(own)

    def _block_names(self, own: str) -> Iterator[tuple[Field, Cell]]:
        """The names of address blocks that hold nothing of the supplier's."""
        if self._blocks.is_slip:
            return
        for block in address_blocks(self._parsed):
            texts = [cell.text for cell in block]
            is_own = any(own and (own in letters_of_name(text) or letters_of_name(text) in own) for text in texts)
            if is_own or any(map(says_contact, texts)) or any(self._blocks.is_suppliers(cell) for cell in block):
                continue
            names = [cell for cell in block[:-1] if not _TITLE_OF_PERSON.fullmatch(cell.text.strip())]
            leaf = self._name(Part.whole(names[0], worth=0.7)) if names else None
            if leaf:
                yield leaf, names[0]

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


def _below(row: Row, heading: Cell) -> Iterator[Cell]:
    """The cell of a row that stands under a heading, or a little beside it."""
    found = next(iter(row.over(heading.bbox)), None)
    if found is None:
        nearest = min(row.cells, key=lambda cell: _gap(cell, heading))
        found = nearest if _gap(nearest, heading) <= _INDENT * heading.height else None
    if found is not None:
        yield found


def _gap(one: Cell, other: Cell) -> float:
    """Pixels between two cells on the x axis, negative where they overlap."""
    return max(one.bbox.x0, other.bbox.x0) - min(one.bbox.x1, other.bbox.x1)


def _heads(cell: Cell, word: KeywordMatch) -> bool:
    """Whether a word begins its cell, or stands in a heading: sentences speak of customers, too."""
    if _NUMBER_OF.match(cell.text, word.end):
        return False
    return word.start == 0 or len(cell.text) <= _LONGEST_HEADING


def _rank(phrase: str) -> int:
    """Bill to before ship to: who is billed is the customer, and who is to open the letter, hardly."""
    letters = phrase.lower()
    if any(word in letters for word in ("ship", "deliver", "liefer", "livr", "entrega", "consegna", "lever")):
        return 2
    if letters.startswith(("att", "z hd", "zhd", "z.hd")):
        return 3
    return 0 if " " in letters.strip() else 1


def _is_no_name(text: str) -> bool:
    """Whether a text is a street, a mail address or mostly digits."""
    digits = sum(map(str.isdigit, text))
    is_place = says_street(text) or EMAIL.search(text) or TOWN.search(text)
    return bool(is_place or 2 * digits > len(text) or _NO_NAME.search(text) or _begins_with_label(text))


def _begins_with_label(text: str) -> bool:
    return any(match.start == 0 and not match.glued for match in find_labels(text)[:1])
