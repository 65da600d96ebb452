"""Whether OCR could read what stands on a page. Pure.

In: the lines that a detector found, and how sure a recognizer was of each. Out: a share, 0..1, and whether it suffices.
A page in a script that the recognizer has no letters for is not empty: its lines are found, and read as nothing, or as
something that resembles them, with little confidence.

Source of the threshold: 340 pages of receipts and invoices in Latin script against pages drawn in other scripts; the
figures stand in docs/accuracy.md.
"""

from collections.abc import Iterable

from lib.document import Page, Recognition

LEGIBLE = 0.8
"""Of the text on a page, by length: what is read of it, at least, where the script is one that the recognizer knows."""

ENOUGH_TEXT = 20.0
"""Length of all lines in their heights, about 40 letters: less is a logo, a stamp, or dirt."""


def legibility(lines: Iterable[tuple[float, float]]) -> float:
    """How much of a page's text was read.

    Args:
        lines: (length in heights, confidence) of each line that was found; confidence 0 where nothing was read.

    Returns:
        The mean confidence by length; 1.0 where there is too little text to tell.
    """
    measured = [(max(1.0, length), confidence) for length, confidence in lines]
    total = sum(length for length, _ in measured)
    if total < ENOUGH_TEXT:
        return 1.0
    return sum(length * confidence for length, confidence in measured) / total


def is_legible(found: Recognition) -> bool:
    """Whether OCR could read a page."""
    return found.legibility >= LEGIBLE


def warnings_about(pages: Iterable[Page]) -> set[str]:
    """What is to be said of pages that OCR could not read."""
    warnings: set[str] = set()
    for page in pages:
        if page.unreadable:
            warnings.add("unreadable_script")
        elif page.legibility < LEGIBLE:
            warnings.add("low_ocr_confidence")
    return warnings
