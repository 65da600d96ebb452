"""The fields beyond the six, where the document says what they are: number, due date, tax number, bank account.

In: a `ParsedDocument`. Out: an answer for each key asked, its text as the document has it. Rules only, nothing learned:
a value is what stands behind, or below, the label that names it and has its form; an IBAN is one by its checksum.
What has no label is not answered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from lib.computing import in_time
from lib.document import EXTRA_KEYS, Answer, ExtraKey
from lib.grammar.dates import find_dates
from lib.grammar.ibans import find_ibans, find_misprinted_ibans
from lib.layout_reader.identifiers.document_numbers import find_numbers
from lib.layout_reader.identifiers.labels import CHECKED, Found, Label, Part, first_found, labels_of, parts_of
from lib.layout_reader.identifiers.tax_numbers import find_tax_numbers
from lib.layout_reader.page.lines import Cell
from lib.layout_reader.page.parsing import ParsedDocument

_MISPRINTED: Final = 0.4
"""The same of an account whose check digits are wrong."""


def find_extra_fields(seen: ParsedDocument, keys: Iterable[str]) -> dict[str, Answer]:
    """Answers for those of `keys` that are fields beyond the six."""
    wanted = [key for key in EXTRA_KEYS if key in set(keys)]
    labels = labels_of(seen) if wanted else ()
    return {key: _answer(key, _FINDERS[key](seen, labels)) for key in wanted}


def _answer(key: str, found: Iterable[Found]) -> Answer:
    best = max(found, key=lambda each: each.confidence, default=None)
    if best is None:
        return Answer(key, None, 1.0, reason="not_found")
    return Answer(key, best.text, best.confidence, page_index=best.cell.page_index, bbox=best.bbox)


def _due_dates(seen: ParsedDocument, labels: Sequence[Label]) -> Iterator[Found]:
    """The day by which is to be paid."""
    for label in labels:
        if label.match.kind == "due_date":
            yield from first_found(_date(part) for part in parts_of(label, seen.rows))


def _date(part: Part) -> Found | None:
    match = next(iter(find_dates(part.text)), None)
    return part.found(match.start, match.end) if match else None


def _accounts(seen: ParsedDocument, labels: Sequence[Label]) -> Iterator[Found]:
    """Bank accounts, wherever they stand: nothing else has their check digits; a labelled one may lack them."""
    del labels
    for row in in_time(seen.rows):
        words = tuple(word for cell in row.cells for word in cell.words)
        line = Cell.of(words, page_index=row.page_index, row=row.index, column=0)
        part = Part(line.text, line, 0, CHECKED)
        yield from (part.found(match.start, match.end) for match in find_ibans(line.text))
        for match in find_misprinted_ibans(line.text):
            yield part.found(match.start, match.end, worth=_MISPRINTED)


_FINDERS: Final[Mapping[ExtraKey, Callable[[ParsedDocument, Sequence[Label]], Iterable[Found]]]] = {
    "invoice_number": find_numbers,
    "due_date": _due_dates,
    "tax_id": find_tax_numbers,
    "iban": _accounts,
}
