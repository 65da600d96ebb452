"""Names of whom a document is addressed to.

In: a `ParsedDocument`, its labels and the blocks of its parties. Out: names with their cells, the likeliest first:
behind or below the words that announce a customer, then the first lines of address blocks that nothing announces, then
behind words that only may announce one.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from lib.details.contacts import says_contact
from lib.details.labels import Labels, Part, cell_of
from lib.details.party_blocks import PartyBlocks, address_blocks, letters_of_name
from lib.details.party_names import is_title, joined_name, label_end, mentions, name_in, says_only_name
from lib.details.words import find_party_words
from lib.document import Field
from lib.extraction import Leaf
from lib.grammar.companies import find_legal_form
from lib.grammar.keywords import KeywordMatch
from lib.layout_reader.page.lines import Cell, Row
from lib.layout_reader.page.parsing import ParsedDocument

_INDENT: Final = 8.0
"""Heights of the text by which a block may stand beside its heading."""

_ANNOUNCES: Final = re.compile(r"\s*(?::|$)")
"""What stands behind a label: a colon, or the end of its cell."""

_VALUE: Final = re.compile(r"\s*:\s*\w")
"""A value behind a label: there is no other one below."""

_NO_HEADING: Final = re.compile(
    r"\s*(?:p/?\.?o\b|id\b|nos?\b|nr\b|num(?:ber|mer|ero)?\b|code\b|ref|#|n[°º]|copy\b|services?\b|care\b|support\b|since\b|"
    r"account\b|signature\b|count\b|-[^\W\d_]|(?:vat|tax|tin|pan)\b|gst)",
    re.IGNORECASE,
)
"""What makes a label of another kind of a word for the customer: their number, a service for them."""

_NUMBER_OF: Final = re.compile(
    r"(?:\bn[o°º]?|\bnr|\bnum\w*|\bnúm\w*|\bc[oó]d\w*|\br[eé]f\w*|\bid|\bservi\w*|\bespace|\bcompte|\bc[ií]slo|\bčíslo)"
    r"[\s.-]*(?:d[eiu](?:l|lla)?\s)?\s*$",
    re.IGNORECASE,
)
"""The same in front of it: "N° client"."""

_LONGEST_HEADING: Final = 40
_FEWEST_LETTERS: Final = 3
"""Letters of a word for the customer that stands inside of a heading: fewer are a part of a number."""

_MOST_HEADINGS: Final = 40
_ROWS_BELOW: Final = 3
"""Rows below the words that announce a customer in which the name stands."""

_HEADS_OF_A_TABLE: Final = 2
"""Labels beside the words for a customer that head the columns of a table: what stands below may be their code."""

_MOST_COLUMNS: Final = 20

_DELIVERY: Final = (
    *("ship", "deliver", "liefer", "warenempf", "consign", "livr", "entrega", "descarga", "envi", "consegna", "spediz"),
    *("destinazione", "lever", "bezorg", "verzend", "dodac", "doruč", "dostaw", "wysył", "szállít", "toimitus"),
    *("teslim", "sevk", "доставк", "грузопол", "αποστολ", "penghantar", "dikirim"),
)
"""Letters of words for where goods go, which may be somebody else's place."""

_PARTIES: Final = frozenset({"customer", "seller"})
_BILLED, _NAMED, _DELIVERED, _UNSURE = range(4)
"""How likely words announce the customer, the likeliest first."""

_PERSON: Final = 0.6
"""How sure a name is that only its title, or its number, says to be the customer's."""

_MOSTLY: Final = 0.6
"""Share of a cell's letters that words for something else take in a label."""


class _Announcement(NamedTuple):
    """Words that announce a customer: how likely, where they stand and end, and whether they begin their cell."""

    rank: int
    row: int
    column: int
    cell: Cell
    end: int
    is_first: bool


class CustomerNames:
    """Looks for the customer's name in one document."""

    def __init__(self, parsed: ParsedDocument, labels: Labels, blocks: PartyBlocks) -> None:
        """Take what was found in the document."""
        self._parsed = parsed
        self._labels = labels
        self._blocks = blocks

    def names(self, supplier: Leaf) -> Iterator[tuple[Field, Cell]]:
        """Names that are not the supplier's, and the cells in which they end."""
        own = letters_of_name(str(supplier.value)) if supplier else ""
        announced = self._announcements()
        if self._blocks.is_slip:
            # A till speaks of customers and guests in passing: only a label with its name counts.
            announced = [each for each in announced if each.rank < _UNSURE and each.is_first]
        yield from self._announced([each for each in announced if each.rank < _DELIVERED], own)
        yield from self._block_names(own)
        yield from self._announced([each for each in announced if each.rank >= _DELIVERED], own)
        yield from self._persons(own)

    def _announced(self, announcements: list[_Announcement], own: str) -> Iterator[tuple[Field, Cell]]:
        """The first name near each announcement."""
        for each in announcements:
            for part in self._near(each):
                found = self._name(part)
                if found and letters_of_name(str(found[0].value)) != own:
                    yield found
                    break

    def _block_names(self, own: str) -> Iterator[tuple[Field, Cell]]:
        """The names of address blocks that hold nothing of the supplier's."""
        if self._blocks.is_slip:
            return
        for block in address_blocks(self._parsed):
            texts = [cell.text for cell in block]
            # "Firma" over a customer's name is a word for sellers elsewhere.
            headed = block[:1] if is_title(texts[0]) else block
            is_own = any(mentions(text, own) for text in texts) or any(map(self._blocks.is_suppliers, headed))
            if is_own or any(map(says_contact, texts)):
                continue
            lines = self._lines(block)
            found = self._name(Part.whole(lines[0], worth=0.7)) if lines else None
            if found:
                yield found

    def _persons(self, own: str) -> Iterator[tuple[Field, Cell]]:
        """Persons with their title over an address anywhere: suppliers have none."""
        for block in () if self._blocks.is_slip else address_blocks(self._parsed, behind_tables=True):
            for cell in self._lines(block)[:1]:
                found = self._name(Part.whole(cell, worth=_PERSON)) if label_end(cell.text, "person") else None
                if found and letters_of_name(str(found[0].value)) != own:
                    yield found

    def _lines(self, block: Sequence[Cell]) -> list[Cell]:
        """The lines of a block down to the town's that may name somebody, the likeliest first."""
        lines = [cell for cell in block[:-1] if not is_title(cell.text) and not self._is_label(cell, 0)]
        return sorted(lines, key=lambda cell: label_end(cell.text, "attention") > 0)

    def beside_number(self, number: Field, supplier: Leaf) -> tuple[Field, Cell] | None:
        """The company in front of the customer's tax number, or shortly above it."""
        at = cell_of(number, self._parsed)
        if at is None:
            return None
        own = letters_of_name(str(supplier.value)) if supplier else ""
        above = self._parsed.rows[max(0, at.row - _ROWS_BELOW) : at.row]
        over = [cell for row in reversed(above) if row.page_index == at.page_index for cell in row.over(at.bbox)]
        for cell in (*self._parsed.rows[at.row].cells[: at.column][-_MOST_COLUMNS:], *over[:_MOST_COLUMNS]):
            found = self._name(Part.whole(cell, worth=_PERSON))
            if found and find_legal_form(cell.text) and letters_of_name(str(found[0].value)) != own:
                return found
        return None

    def _announcements(self) -> list[_Announcement]:
        """Where the words for a customer end, those that head a block first: "Bill to" before "Ship to"."""
        words = [
            (self._rank(reading.cell, word), reading.cell, word)
            for row in self._parsed.readings
            for reading in row
            for word in reading.keywords
            if word.kind == "customer" and not word.glued and _heads(reading.cell, word)
        ]
        words += [
            (_NAMED, label.cell, label.match)
            for label in self._labels.of("customer")
            if _ANNOUNCES.match(label.cell.text, label.match.end) and label.match.start == 0
        ]
        found = [
            _Announcement(rank, cell.row, cell.column, cell, word.end, is_first=word.start == 0)
            for rank, cell, word in words
        ]
        return sorted(found, key=lambda each: each[:3])[:_MOST_HEADINGS]

    def _rank(self, cell: Cell, word: KeywordMatch) -> int:
        """How likely a phrase announces the customer: who is billed, before who gets the goods."""
        letters = word.phrase.lower()
        is_one_word = " " not in letters.strip()
        is_inside = word.start > 0 or not _ANNOUNCES.match(cell.text, word.end)
        if _says(cell.text[word.start :], "attention") or self._heads_column(cell) or (is_one_word and is_inside):
            return _UNSURE
        if any(stem in letters for stem in _DELIVERY):
            return _DELIVERED
        return _NAMED if is_one_word else _BILLED

    def _heads_column(self, cell: Cell) -> bool:
        """Whether a cell stands in a row of labels that head the columns of a table."""
        row = self._parsed.readings[cell.row]
        if len(row) > _MOST_COLUMNS or cell.text.rstrip().endswith(":"):
            return False
        others = [reading.cell for reading in row if not _PARTIES.intersection(word.kind for word in reading.keywords)]
        heads = [other for other in others if not other.text.rstrip().endswith(":") and self._is_label(other, 0)]
        return len(heads) >= _HEADS_OF_A_TABLE

    def _near(self, announced: _Announcement) -> Iterator[Part]:
        """Where a name may stand: behind the words, in the rows below, in the next cell.

        The next cell comes first where the row below goes on with a label, as in a list of labels and values.
        """
        cell, end = announced.cell, announced.end
        rest = cell.text[end:]
        if any(map(str.isalpha, rest)) and not rest.rstrip().endswith(":") and not self._is_label(cell, end):
            yield Part(cell, end, len(cell.text), 0.8)
        if _VALUE.match(rest):
            return
        rows = self._parsed.rows
        under = [
            other
            for row in rows[cell.row + 1 : cell.row + 1 + _ROWS_BELOW]
            if row.page_index == cell.page_index
            for other in _below(row, cell)
        ]
        beside = [Part.whole(other, worth=0.8) for other in self._behind(cell) if not self._is_label(other, 0)]
        lower = [self._told(other) for other in under if not self._is_label(other, 0)]
        lower.sort(key=lambda part: label_end(part.text, "attention") > 0)
        if self._blocks.is_slip and announced.rank != _BILLED:
            lower = []
        is_listed = (bool(under) and self._is_label(under[0], 0)) or any(part.text[0] == ":" for part in beside)
        yield from (*beside, *lower) if is_listed else (*lower, *beside)

    def _told(self, cell: Cell) -> Part:
        """A cell, or the one behind or below it where it says only that a name follows: "Name:"."""
        if not says_only_name(cell.text):
            return Part.whole(cell, worth=0.85)
        behind = next((other for other in self._behind(cell) if not self._is_label(other, 0)), None)
        return Part.whole(behind or self._line_below(cell) or cell, worth=0.85)

    def _behind(self, cell: Cell) -> Iterator[Cell]:
        """The next cell of its row."""
        yield from self._parsed.rows[cell.row].cells[cell.column + 1 : cell.column + 2]

    def _is_label(self, cell: Cell, start: int) -> bool:
        """Whether the text of a cell from an offset on is a label, or announces a party itself."""
        text = cell.text[start:].strip(" :.#-")
        if cell.text.rstrip().endswith(":") or (start == 0 and self._labels.begins(cell)):
            return not _says(text, "name")
        words = [word for word in self._parsed.readings[cell.row][cell.column].keywords if word.start >= start]
        covered = sum(word.end - word.start for word in words if word.kind != "not_merchant")
        return bool(words) and covered >= _MOSTLY * max(1, len(text)) and not _says(text, "name")

    def _name(self, part: Part) -> tuple[Field, Cell] | None:
        """The name in a part, with the line below where that goes on with it, and the cell in which it ends."""
        span = name_in(part.text)
        if span is None:
            return None
        leaf = part.leaf("name", part.text[slice(*span)], *span)
        below = self._line_below(part.cell) if span[1] == len(part.text) else None
        joined = joined_name(leaf, below) if below else leaf
        return joined, part.cell if joined is leaf or below is None else below

    def _line_below(self, cell: Cell) -> Cell | None:
        """The cell of the next row that stands under another."""
        rows = self._parsed.rows[cell.row + 1 : cell.row + 2]
        return next((other for row in rows if row.page_index == cell.page_index for other in row.over(cell.bbox)), None)


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
    """Whether a word begins its cell, or stands in a heading: sentences and salutations speak of customers, too."""
    text = cell.text
    letters = sum(map(str.isalpha, text[word.start : word.end]))
    if word.start and (len(text) > _LONGEST_HEADING or letters < _FEWEST_LETTERS):
        return False
    before, behind = text[: word.start], text[word.end :]
    if (
        behind[:1].isalpha()
        or _NO_HEADING.match(behind)
        or _NUMBER_OF.search(before)
        or _says(text[:_LONGEST_HEADING], "salutation")
    ):
        return False
    # "z. Hd. Frau Meier", and a letter's "Madame, Monsieur,".
    return not (is_title(text[word.start : word.end]) and (before.strip() or text.rstrip().endswith(",")))


def _says(text: str, kind: str) -> bool:
    """Whether a text begins with a party word of a kind."""
    return any(match.start == 0 and not match.glued and match.kind == kind for match in find_party_words(text))
