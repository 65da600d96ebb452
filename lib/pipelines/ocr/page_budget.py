"""How long one page may keep an engine.

In: seconds. Out: nothing, or the reason to stop. A thread cannot be ended, so that it asks between lines. By the clock
the request's deadline alone holds: that others use the processors is no page's fault.
"""

import time
from collections.abc import Callable

from lib.errors import DeadlineExceeded, OcrTooLong
from lib.telemetry import current_request

LINES_AT_ONCE = 8
"""Between two looks at the time: a second or two of the longest lines there are."""


class PageBudget:
    """The time of one page, from now on, in the thread that asks and in those that work for it."""

    def __init__(self, seconds: float, *, elsewhere_s: Callable[[], float] = lambda: 0.0) -> None:
        """Take the processor seconds.

        Args:
            seconds: So many are left.
            elsewhere_s: Processor seconds that other threads have worked for this one so far, for whatever page.
        """
        self._seconds = seconds
        self._elsewhere_s = elsewhere_s
        self._end = self._spent_s() + seconds

    def _spent_s(self) -> float:
        return time.thread_time() + self._elsewhere_s()

    def check(self) -> None:
        """Go on.

        Raises:
            OcrTooLong: The page has had its time.
            DeadlineExceeded: The request is over, and nobody waits for the page.
        """
        if current_request().remaining_s <= 0:
            raise DeadlineExceeded("The request's deadline passed; send fewer pages, or raise REQUEST_TIMEOUT_S.")
        if self._spent_s() > self._end:
            raise OcrTooLong(
                f"A page has more text than an engine reads in {self._seconds:g} seconds (OCR_PAGE_TIMEOUT_S)."
                " Send it in parts."
            )
