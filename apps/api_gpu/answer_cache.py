"""Extractions kept for the same question about identical bytes.

In: extractions by key. Out: the same, for some time. Bounded in entries and in bytes; what is too large is not kept.
"""

from dataclasses import replace

from cachetools import TTLCache

from lib.document import OcrDocument
from lib.extraction import Extraction
from lib.settings import ApiSettings

SPAN_BYTES = 1200
"""A span or a word with its text, box and polygon as Python keeps them; measured over the samples, rounded up."""
EXTRACTION_BYTES = 20_000
"""All else: fields, warnings, times."""


class AnswerCache:
    """Up to CACHE_ENTRIES extractions of up to CACHE_MAX_MB together, each for CACHE_TTL_S."""

    def __init__(self, settings: ApiSettings) -> None:
        """Hold nothing yet."""
        most_bytes = settings.cache_max_mb * 2**20
        least = most_bytes / settings.cache_entries  # One bound for both: no entry counts as less than its share.
        self._kept: TTLCache[bytes, Extraction] = TTLCache(
            most_bytes, settings.cache_ttl_s, getsizeof=lambda extraction: max(least, bytes_of(extraction))
        )

    def get(self, key: bytes) -> Extraction | None:
        """What was kept, without the times that it took then."""
        return self._kept.get(key)

    def keep(self, key: bytes, extraction: Extraction) -> None:
        """Keep an extraction, without page images, which no answer needs, and without its times."""
        pages = tuple(replace(page, image=None) for page in extraction.document.pages)
        lean = replace(extraction, document=OcrDocument(pages), timings_ms={})
        if bytes_of(lean) <= self._kept.maxsize:
            self._kept[key] = lean


def bytes_of(extraction: Extraction) -> int:
    """About how much memory it takes."""
    parts = sum(len(page.words) + sum(1 + len(span.words) for span in page.spans) for page in extraction.document.pages)
    return EXTRACTION_BYTES + SPAN_BYTES * parts
