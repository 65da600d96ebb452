"""Labelled documents as lines of features with labels: what the ranker is trained on.

In: labelled documents. Out: for each role a matrix, labels, weights and the document each line belongs to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.amount_features import amount_features
from lib.layout_reader.candidates import amount_candidates, date_candidates, merchant_candidates
from lib.layout_reader.date_features import date_features
from lib.layout_reader.merchant_features import merchant_features
from lib.layout_reader.ranking import ROLES, Role
from lib.layout_reader.survey import survey
from scripts.reader_training.comparing import same_amount, same_name
from scripts.reader_training.labelled import Labelled

SOURCE_WEIGHT: Mapping[str, float] = {"sroie": 0.8, "wildreceipt": 1.0, "cord": 3.0, "softmatic": 3.0, "zugferd": 3.0}
"""Weight of a document by source, so that the large ones do not drown the small ones; 1 for any other."""

SYNTHETIC_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Lines:
    """One document's candidates for one role: features and whether each is right."""

    features: NDArray[np.float32]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """One document's lines by role; only roles whose truth is known."""

    id: str
    source: str
    group: int
    lines: dict[Role, Lines]


def example_of(labelled: Labelled, *, group: int) -> Example:
    """The training lines of one document."""
    seen = survey(labelled.document)
    truth, lines = labelled.truth, dict[Role, Lines]()
    complete = labelled.source == "synthetic"
    amounts, dates, merchants = amount_candidates(seen), date_candidates(seen), merchant_candidates(seen)
    matrix = amount_features(seen, amounts)
    for role in ("subtotal", "tax_amount", "total"):
        if role in truth:
            _add(lines, role, matrix, amounts, lambda c, want=truth[role]: same_amount(c.value, want))
        elif complete and f"no_{role}" in truth:
            _add(lines, role, matrix, amounts, lambda c: False)
    if "date" in truth:
        day = date.fromisoformat(truth["date"])
        _add(
            lines,
            "date",
            date_features(seen, dates),
            dates,
            lambda c: day == c.value or day in c.places[0].match.readings,
        )
    if "merchant" in truth:
        _add(
            lines,
            "merchant",
            merchant_features(seen, merchants),
            merchants,
            lambda c: same_name(c.place.text, truth["merchant"]),
        )
    return Example(labelled.id, labelled.source, group, lines)


_C = TypeVar("_C")


def _add(
    lines: dict[Role, Lines],
    role: Role,
    matrix: NDArray[np.float32],
    candidates: Sequence[_C],
    is_right: Callable[[_C], bool],
) -> None:
    if len(candidates):
        lines[role] = Lines(matrix, np.asarray([is_right(candidate) for candidate in candidates], dtype=np.bool_))


@dataclass(frozen=True, slots=True)
class Training:
    """All lines of one role over many documents, float32 (lines, features), with labels and weights."""

    features: NDArray[np.float32]
    right: NDArray[np.float32]
    weight: NDArray[np.float32]


def training_of(examples: Sequence[Example], role: Role) -> Training:
    """The lines of one role. A document counts the same however many candidates it has right."""
    known = [example for example in examples if role in example.lines]
    weights = []
    for example in known:
        lines = example.lines[role]
        base = SYNTHETIC_WEIGHT if example.source == "synthetic" else SOURCE_WEIGHT.get(example.source, 1.0)
        rights = max(int(lines.right.sum()), 1)
        weights.append(np.where(lines.right, base / rights, base / 8).astype(np.float32))
    return Training(
        np.concatenate([example.lines[role].features for example in known]),
        np.concatenate([example.lines[role].right for example in known]).astype(np.float32),
        np.concatenate(weights),
    )
