"""How the cost of reading a family grows: run as a process of its own, so that its processor time is nobody else's.

In: names of families, the smallest size and processor seconds that are enough to tell, as arguments. Out: a line of
JSON for each: name, the smaller of the last two sizes, and processor seconds at both. What is measured is all that runs
over the words of a document: reading order, the embedded reader with every question it knows, the details, and the
rules, once for its own answers and once for answers held against it; of pages of PDFs, what finds their words.
"""

import gc
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType

from lib.details.reader import read_details
from lib.document import EXTRA_KEYS, Answer, Inquiry, Page, Question
from lib.grammar.recall import one_document
from lib.layout_reader.reader import LayoutReader
from lib.pipelines.tilt_prep import assemble
from lib.post.postprocessing import postprocess
from lib.questions import load_questions
from tests.growth.families import FAMILIES, in_line
from tests.growth.page_families import PAGE_FAMILIES

QUESTIONS = (*load_questions(), *load_questions(keys=EXTRA_KEYS))
OWN = tuple(Question(key, key) for key in ("first", "second", "third"))
INQUIRY = Inquiry(extras=True, questions=OWN)
FACTOR = 4
"""Between two sizes."""

LARGEST = 64_000
"""Size of a family that is measured, however quickly it is read."""

LIMIT_S = 30.0
"""Processor seconds after which a family is given up."""

NO_ANSWER = Answer("", "Nobody said this", 0.5)


def read(reader: LayoutReader, pages: tuple[Page, ...]) -> None:
    """Everything that the service does with the words of a document."""
    with one_document():
        document = assemble(pages)
        found = reader.answer(document, QUESTIONS)
        texts = [answer.text for answer in found if answer.text] or ["1.00"]
        own = [Answer(q.key, text[:200], 0.5) for q, text in zip(OWN, (*texts, NO_ANSWER.text or ""), strict=False)]
        checked = postprocess((*found, *own), (), document=document, inquiry=INQUIRY)
        read_details(document, fields=checked.fields, extras=checked.extras)
        invented = [Answer(answer.key, answer.text or "Nobody 1.00 of 01.02.2003", 0.5) for answer in found]
        postprocess((*invented, *own), found, document=document, inquiry=INQUIRY)


def prepared(reader: LayoutReader, name: str, size: int) -> Callable[[], object]:
    """What is to be measured of one member of a family."""
    return PAGE_FAMILIES[name](size) if name in PAGE_FAMILIES else partial(read, reader, FAMILIES[name](size))


def seconds(reader: LayoutReader, name: str, size: int) -> float:
    """Processor time of reading one member of a family, LIMIT_S at most."""
    work = prepared(reader, name, size)
    gc.collect()
    start = time.process_time()
    with suppress(TimeoutError):
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        work()
    signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - start


def growth(reader: LayoutReader, name: str, size: int, enough_s: float) -> tuple[int, float, float]:
    """A size, and the time at it and at FACTOR times as much: the first at which the latter is enough to tell."""
    small, large = seconds(reader, name, size), seconds(reader, name, FACTOR * size)
    while large < enough_s and FACTOR * size < LARGEST:
        size *= FACTOR
        small, large = large, seconds(reader, name, FACTOR * size)
    return size, small, large


def give_up(_signal: int, _frame: FrameType | None) -> None:
    """End what takes too long."""
    raise TimeoutError


def main() -> None:
    """Measure the families that are named."""
    signal.signal(signal.SIGPROF, give_up)
    size, enough_s, names = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    reader = LayoutReader()
    read(reader, in_line(lambda i: f"Total {i}.00 01.02.2024", " ")(20))  # Tables are loaded at first use.
    for name in names:
        sys.stdout.write(json.dumps([name, *growth(reader, name, size, enough_s)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
