"""Which documents must not be both trained on and tested on: those of one source, and those of one merchant.

In: labels. Out: a fold number for each.
"""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from rapidfuzz import fuzz

from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.scoring import folded

_SIMILAR = 80.0
"""rapidfuzz ratio, percent, from which two folded names count as one merchant."""


def merchant_groups(labels: Sequence[LabelledDocument]) -> list[int]:
    """A group number for each document; equal and similar merchants share one, missing ones have their own."""
    groups: list[int] = []
    known: list[tuple[str, int]] = []
    for number, label in enumerate(labels):
        text = folded(label.truth.get("merchant", ""))
        match = next((group for other, group in known if text and _similar(text, other)), None)
        groups.append(number if match is None else match)
        if text:
            known.append((text, groups[-1]))
    return groups


def source_groups(labels: Sequence[LabelledDocument]) -> list[str]:
    """Where each document comes from; of a source with documents of many kinds, the kind."""
    kinds: dict[str, set[str]] = {}
    for label in labels:
        kinds.setdefault(label.source, set()).add(label.stratum)
    varied = {source for source, strata in kinds.items() if len(strata) > _MANY_KINDS}
    return [f"{label.source} {label.stratum}" if label.source in varied else label.source for label in labels]


_MANY_KINDS = 12
"""More strata than this are no source, but a collection of cases that were each made for themselves."""


def fold_of_each(groups: Sequence[Hashable], *, folds: int, seed: int) -> list[int]:
    """A fold for each document, 0 to `folds` - 1: whole groups, the large ones first, each to the smallest fold."""
    sizes = Counter(groups)
    order = sorted(sizes, key=str)
    np.random.default_rng(seed).shuffle(order)
    filled, fold_of = [0] * folds, dict[Hashable, int]()
    for group in sorted(order, key=lambda each: -sizes[each]):
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += sizes[group]
    return [fold_of[group] for group in groups]


def _similar(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return (len(short) >= 5 and long.startswith(short)) or fuzz.ratio(one, other) >= _SIMILAR
