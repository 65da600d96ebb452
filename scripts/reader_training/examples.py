"""Labelled documents as lines of features with labels: what the ranker is trained on.

In: labelled documents. Out: for each role a matrix, labels, weights and the document each line belongs to.
"""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.scoring import folded, is_right
from lib.layout_reader.amounts.candidates import amount_candidates
from lib.layout_reader.amounts.features import amount_features
from lib.layout_reader.amounts.totals import AMOUNT_ROLES
from lib.layout_reader.dates.candidates import DateCandidate, date_candidates
from lib.layout_reader.dates.features import date_features
from lib.layout_reader.merchant.candidates import MerchantCandidate, merchant_candidates
from lib.layout_reader.merchant.features import merchant_features
from lib.layout_reader.page.parsing import parse_document
from lib.layout_reader.ranking.ranker import Role
from scripts.reader_training.labelled import Labelled
from scripts.reader_training.synthetic import INVOICES, RECEIPTS

_OF_A_SINGLE_ONE: Final = 3.0
_DAMPING: Final = 0.25
"""Weight of a document that is the only one of its source, and the power of the source's size that divides it."""

SCAN_WEIGHT = 0.5
"""What a PDF's weight as a scan is multiplied by: its pages are there as text already."""

_WHOLE: Final = 0.9
"""difflib's ratio from which two lines are a whole name."""

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
    """One document's lines by role; only roles that have a label."""

    id: str
    source: str
    weight: Mapping[Role, float]
    lines: dict[Role, Lines]


def example_of(labelled: Labelled) -> Example:
    """The training lines of one document. Where its label says that it states nothing, no candidate is right."""
    seen, label = parse_document(labelled.document), labelled.label
    lines = dict[Role, Lines]()
    amounts, dates, merchants = amount_candidates(seen), date_candidates(seen), merchant_candidates(seen)
    if any(_is_clear(label, role) for role in AMOUNT_ROLES):
        matrix = amount_features(seen, amounts)
        for role in filter(partial(_is_clear, label), AMOUNT_ROLES):
            _add(lines, role, matrix, [is_right(label, role, float(candidate.value)) for candidate in amounts])
    if _is_clear(label, "date"):
        _add(lines, "date", date_features(seen, dates), [_may_be(candidate, label) for candidate in dates])
    if _is_clear(label, "merchant"):
        _add(lines, "merchant", merchant_features(seen, merchants), [_names(each, label) for each in merchants])
    return Example(label.id, label.source, {role: weight_of(labelled, role) for role in lines}, lines)


def _is_clear(label: LabelledDocument, role: Role) -> bool:
    """Whether it says what is right; a label that allows an answer and none as well does not."""
    return (role in label.truth) != (role in label.absent)


def _names(candidate: MerchantCandidate, label: LabelledDocument) -> bool:
    """Two lines must be the whole name: one that merely begins with it has an address in it."""
    if not candidate.more:
        return is_right(label, "merchant", candidate.text)
    names = [folded(name) for name in label.values("merchant")]
    return any(difflib.SequenceMatcher(None, candidate.folded, name).ratio() >= _WHOLE for name in names)


def _may_be(candidate: DateCandidate, label: LabelledDocument) -> bool:
    """Whether it is the day, in any of the readings that its text allows."""
    days = {date.fromisoformat(day) for day in label.values("date")}
    return candidate.value in days or any(days.intersection(place.match.readings) for place in candidate.places)


def weight_of(labelled: Labelled, role: Role) -> float:
    """How much one document counts, before its source does."""
    source = labelled.label.source
    if source in SYNTHETIC_NAMES:
        return SYNTHETIC_NAMES[source] if role == "merchant" else SYNTHETIC_WEIGHT
    return SCAN_WEIGHT if labelled.is_scan else 1.0


def _add(lines: dict[Role, Lines], role: Role, matrix: NDArray[np.float32], right: Sequence[bool]) -> None:
    if right:
        lines[role] = Lines(matrix, np.asarray(right, dtype=np.bool_))


def source_weight(source: str, size: int) -> float:
    """How much each document of a source counts that has so many: a few of many sources teach more than many of one."""
    return 1.0 if source in SYNTHETIC_NAMES else _OF_A_SINGLE_ONE * size**-_DAMPING


@dataclass(frozen=True, slots=True)
class Training:
    """All lines of one role over many documents, float32 (lines, features), with labels and weights."""

    features: NDArray[np.float32]
    right: NDArray[np.float32]
    weight: NDArray[np.float32]


def training_of(examples: Sequence[Example], role: Role) -> Training:
    """The lines of one role. A document counts the same however many candidates it has right."""
    known = [example for example in examples if role in example.lines]
    sizes = Counter(example.source for example in known)
    weights = []
    for example in known:
        lines = example.lines[role]
        base = example.weight[role] * source_weight(example.source, sizes[example.source])
        rights = max(int(lines.right.sum()), 1)
        weights.append(np.where(lines.right, base / rights, base / 8).astype(np.float32))
    return Training(
        np.concatenate([example.lines[role].features for example in known]),
        np.concatenate([example.lines[role].right for example in known]).astype(np.float32),
        np.concatenate(weights),
    )
