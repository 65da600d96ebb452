"""The embedded reader in a worker process.

In: a document and questions. Out: answers. Imports are few because each such process repeats them: neither settings nor
metrics are among them.
"""

import functools
from collections.abc import Sequence

from lib.computing import collect_garbage_seldom, collecting_no_garbage
from lib.document import Answer, OcrDocument, Question
from lib.grammar.recall import one_document
from lib.layout_reader.reader import LayoutReader


def answers_apart(document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """One answer for each question, in their order."""
    reader = _reader()
    with one_document():
        return reader.answer(document, questions)


def load_reader_apart(document: OcrDocument, questions: Sequence[Question]) -> None:
    """Have the reader and its tables loaded by reading a document that nobody waits for."""
    with collecting_no_garbage():
        answers_apart(document, questions)
    collect_garbage_seldom()


@functools.cache
def _reader() -> LayoutReader:
    """Loaded once in a process, which is the reader's from then on."""
    reader = LayoutReader()
    collect_garbage_seldom()
    return reader
