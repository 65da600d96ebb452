"""lib/pipelines/ocr/page_budget.py: how long one page may keep an engine."""

import time

import pytest

from lib.errors import DeadlineExceeded, OcrTooLong
from lib.pipelines.ocr.page_budget import PageBudget
from lib.telemetry import RequestContext, request_context


def test_page_within_its_time_goes_on() -> None:
    """Nothing happens."""
    PageBudget(60).check()


def test_page_that_has_had_its_processor_time_is_refused_and_names_the_setting() -> None:
    """However many lines there are left."""
    budget = PageBudget(0.02)
    end = time.thread_time() + 0.03
    while time.thread_time() < end:
        pass

    with pytest.raises(OcrTooLong, match="OCR_PAGE_TIMEOUT_S"):
        budget.check()


def test_what_other_threads_spend_on_a_page_counts() -> None:
    """From the page's beginning."""
    spent = [100.0]
    budget = PageBudget(60, elsewhere_s=lambda: spent[0])

    budget.check()
    spent[0] = 161.0

    with pytest.raises(OcrTooLong):
        budget.check()


def test_page_of_a_request_that_is_over_is_not_read_on() -> None:
    """Nobody waits for it, and the engine has others to serve."""
    with request_context(RequestContext(deadline=time.monotonic() - 1)), pytest.raises(DeadlineExceeded):
        PageBudget(60).check()
