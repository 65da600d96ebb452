"""What speaks for an amount, in documents of any length."""

import time
import timeit

from lib.layout_reader.amounts.candidates import amount_candidates
from lib.layout_reader.amounts.features import amount_features
from lib.layout_reader.page.parsing import parse_document
from tests.unit.layout_reader.documents import document_of

PAGE = "12.50   " * 8 + "\n"


def seconds_for(*, pages: int) -> float:
    """Computing time of the features of one amount that stands 320 times on each page; the least of three."""
    seen = parse_document(document_of(*[PAGE * 40] * pages))
    candidates = amount_candidates(seen)
    return min(timeit.repeat(lambda: amount_features(seen, candidates), timer=time.process_time, number=1, repeat=3))


def test_time_for_an_amount_that_repeats_grows_with_the_pages_and_not_with_their_square() -> None:
    """A long list of equal prices must not keep a thread busy past the deadline of its request."""
    few, many = seconds_for(pages=4), seconds_for(pages=24)

    assert many < 15 * few  # Six times the pages; their square would be 36 times.
