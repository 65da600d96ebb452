"""How long one page may keep an engine.

In: seconds. Out: nothing, or the reason to stop. A thread cannot be ended, so that it asks between lines. By the clock
the request's deadline alone holds: that others use the processors is no page's fault.
"""

import time

from lib.errors import DeadlineExceeded, OcrTooLong
from lib.telemetry import current_request

LINES_AT_ONCE = 8
"""Between two looks at the time: a second or two of the longest lines there are."""


class PageBudget:
    """The time of one page, from now on, in the thread that asks."""

    def __init__(self, seconds: float) -> None:
        """Take the processor seconds."""
        self._seconds = seconds
        self._processor_end = time.thread_time() + seconds

    def check(self) -> None:
        """Go on.

        Raises:
            OcrTooLong: The page has had its time.
            DeadlineExceeded: The request is over, and nobody waits for the page.
        """
        if current_request().remaining_s <= 0:
            raise DeadlineExceeded("The request's deadline passed; send fewer pages, or raise REQUEST_TIMEOUT_S.")
        if time.thread_time() > self._processor_end:
            raise OcrTooLong(
                f"A page has more text than an engine reads in {self._seconds:g} seconds (OCR_PAGE_TIMEOUT_S)."
                " Send it in parts."
            )
