"""Ranked candidates as answers.

In: where the chosen candidate stands and how likely each was. Out: an `Answer`, or a null one that says why.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lib.document import Answer, BBox
from lib.layout_reader.ranking.ranker import Evidence, Ranker, Role


class Located(Protocol):
    """A text of the document and where it stands."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def bbox(self) -> BBox: ...  # noqa: D102

    @property
    def page_index(self) -> int: ...  # noqa: D102


def answer_at(key: str, place: Located, confidence: float) -> Answer:
    """The text of a place as an answer of that confidence, 0..1."""
    return Answer(key, place.text, round(confidence, 4), page_index=place.page_index, bbox=place.bbox)


def ranked_answer(
    role: Role,
    place: Located | None,
    likely: NDArray[np.float64],
    index: int | None,
    *,
    ranker: Ranker,
    same: Sequence[int] = (),
    agreement: float = 0.0,
) -> Answer:
    """The place of the candidate at `index` as an answer; without one none, sure of that where none was likely.

    Args:
        role: What is asked.
        place: Where the answer stands.
        likely: Of every candidate, 0..1.
        index: Of the chosen one.
        ranker: Who knows how sure such an answer is.
        same: Indices of other candidates that say the same as the chosen one.
        agreement: See `Evidence`.
    """
    if place is None or index is None:
        most = float(likely.max()) if likely.size else 0.0
        return Answer(role, None, round(1.0 - most, 4), reason="weak_evidence" if likely.size else "not_found")
    chosen = {index, *same}
    others = [each for other, each in enumerate(likely.tolist()) if other not in chosen]
    evidence = Evidence(float(likely[index]), max(others, default=0.0), agreement)
    return answer_at(role, place, ranker.confidence(role, evidence))


def likely_answer(
    role: Role,
    places: Sequence[Located],
    likely: NDArray[np.float64],
    index: int | None,
    *,
    least: float,
    ranker: Ranker,
    same: Sequence[int] = (),
) -> Answer:
    """As `ranked_answer` for one of `places`; none where the chosen one is less likely than `least`."""
    if index is None or float(likely[index]) < least:
        return ranked_answer(role, None, likely, None, ranker=ranker)
    return ranked_answer(role, places[index], likely, index, ranker=ranker, same=same)
