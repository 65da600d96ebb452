"""What the cache keeps, and how much of it."""

from apps.api_gpu.answer_cache import AnswerCache, bytes_of
from lib.document import BBox, OcrDocument, Page, Word
from lib.extraction import Extraction
from lib.settings import load_settings


def extraction(words: int = 0) -> Extraction:
    """One of so many words."""
    page = Page(0, 100, 100, "ocr", words=tuple(Word("word", BBox(0, 0, 1, 1)) for _ in range(words)))
    return Extraction((), OcrDocument((page,)), "layout", "layout-1", "rules", "ocr", timings_ms={"ocr": 900.0})


def cache(**changes: str) -> AnswerCache:
    """A cache with these settings."""
    return AnswerCache(load_settings({"CACHE_TTL_S": "60", **changes}).api)


def test_cache_holds_no_more_entries_than_it_may() -> None:
    """The oldest goes first."""
    kept = cache(CACHE_ENTRIES="2")
    for key in (b"a", b"b", b"c"):
        kept.keep(key, extraction())

    assert [kept.get(key) is not None for key in (b"a", b"b", b"c")] == [False, True, True]


def test_cache_holds_no_more_bytes_than_it_may() -> None:
    """Long documents count as what they take."""
    kept = cache(CACHE_MAX_MB="1", CACHE_ENTRIES="100")
    for key in (b"a", b"b", b"c"):
        kept.keep(key, extraction(words=350))

    assert bytes_of(extraction(words=350)) * 2 < 2**20 < bytes_of(extraction(words=350)) * 3
    assert [kept.get(key) is not None for key in (b"a", b"b", b"c")] == [False, True, True]


def test_cache_does_not_keep_what_is_larger_than_itself() -> None:
    """One document must not push out all others, and cannot be kept anyway."""
    kept = cache(CACHE_MAX_MB="0.5", CACHE_ENTRIES="10")
    kept.keep(b"small", extraction())
    kept.keep(b"large", extraction(words=5000))

    assert (kept.get(b"small") is not None, kept.get(b"large")) == (True, None)


def test_cache_forgets_how_long_the_first_answer_took() -> None:
    """A cached answer takes its own time."""
    kept = cache()
    kept.keep(b"a", extraction())

    found = kept.get(b"a")
    assert found is not None
    assert found.timings_ms == {}
