"""Labelled documents as lines of features with labels: what the ranker is trained on.

In: labelled documents. Out: for each role a matrix, labels, weights and the document each line belongs to.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lib.layout_reader.amounts.candidates import amount_candidates
from lib.layout_reader.amounts.features import amount_features
from lib.layout_reader.amounts.totals import AMOUNT_ROLES
from lib.layout_reader.dates.candidates import DateCandidate, date_candidates
from lib.layout_reader.dates.features import date_features
from lib.layout_reader.merchant.candidates import MerchantCandidate, merchant_candidates
from lib.layout_reader.merchant.features import merchant_features
from lib.layout_reader.page.parsing import parse_document
from lib.layout_reader.ranking.ranker import Role
from scripts.reader_training.comparing import folded_name, same_amount, same_name
from scripts.reader_training.labelled import Labelled
from scripts.reader_training.synthetic import INVOICES, RECEIPTS

SOURCE_WEIGHT: Mapping[str, float] = {"sroie": 0.8, "wildreceipt": 1.0, "cord": 3.0, "softmatic": 3.0, "zugferd": 3.0}
"""Weight of a document by source, so that the large ones do not drown the small ones; 1 for any other."""

SYNTHETIC_WEIGHT = 0.5
"""Weight of a synthetic document."""

SYNTHETIC_NAMES: Mapping[str, float] = {RECEIPTS: 0.2, INVOICES: 0.8}
"""The same for merchants: the heads of receipts are where synthetic documents resemble real ones least; whose block is
whose on an invoice is what the few real ones cannot teach."""


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
    seen = parse_document(labelled.document)
    truth, lines = labelled.truth, dict[Role, Lines]()
    amounts, dates, merchants = amount_candidates(seen), date_candidates(seen), merchant_candidates(seen)
    matrix = amount_features(seen, amounts)
    for role in AMOUNT_ROLES:
        if role in truth:
            want = truth[role]
            _add(lines, role, matrix, [same_amount(candidate.value, want) for candidate in amounts])
        elif role in labelled.absent:
            _add(lines, role, matrix, [False] * len(amounts))
    if "date" in truth:
        day = date.fromisoformat(truth["date"])
        _add(lines, "date", date_features(seen, dates), [_may_be(candidate, day) for candidate in dates])
    if "merchant" in truth:
        names = [_names(candidate, truth["merchant"]) for candidate in merchants]
        _add(lines, "merchant", merchant_features(seen, merchants), names)
    return Example(labelled.id, labelled.source, group, lines)


def _names(candidate: MerchantCandidate, want: str) -> bool:
    """Two lines must be the whole name: one that merely begins with it has an address in it."""
    if candidate.more:
        return difflib.SequenceMatcher(None, candidate.folded, folded_name(want)).ratio() >= 0.9
    return same_name(candidate.text, want)


def _may_be(candidate: DateCandidate, day: date) -> bool:
    return day == candidate.value or any(day in place.match.readings for place in candidate.places)


def _add(lines: dict[Role, Lines], role: Role, matrix: NDArray[np.float32], right: Sequence[bool]) -> None:
    if right:
        lines[role] = Lines(matrix, np.asarray(right, dtype=np.bool_))


def _weight(source: str, role: Role) -> float:
    if source not in SYNTHETIC_NAMES:
        return SOURCE_WEIGHT.get(source, 1.0)
    return SYNTHETIC_NAMES[source] if role == "merchant" else SYNTHETIC_WEIGHT


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
        base = _weight(example.source, role)
        rights = max(int(lines.right.sum()), 1)
        weights.append(np.where(lines.right, base / rights, base / 8).astype(np.float32))
    return Training(
        np.concatenate([example.lines[role].features for example in known]),
        np.concatenate([example.lines[role].right for example in known]).astype(np.float32),
        np.concatenate(weights),
    )
