"""What the evidence for an answer is worth on documents of sources that the reader was not trained on.

In: out-of-fold predictions. Out: a calibration for each field, and predictions with confidences by calibrations that
were fitted on other folds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from lib.document import FIELD_KEYS, FieldKey
from lib.layout_reader.ranking.model import Calibration, Model, columns_of
from scripts.reader_training.validating import Predicted, with_confidences

_PRIOR: Final = np.asarray([0.0, 1.0, 0.0, 0.0, 0.0])
"""The weights that mean: a probability is worth itself."""

_PULL: Final = 0.5
"""How strongly weights are drawn to the prior, as a share of one answer for each unit of squared distance."""

_BOUNDS: Final = ((None, None), (0.0, None), (0.0, None), (0.0, None), (None, 0.0), (0.9, 0.995))
"""Of the weights and the ceiling: more evidence never makes an answer less sure."""

_START_CEILING: Final = 0.97


Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Judged:
    """Answers for one field, a row for each.

    Attributes:
        columns: What a calibration weighs, shape (answers, 5).
        least: The field's confidence after the rules is this, plus `gain` times the reader's.
        gain: See `least`.
        right: 1 where the field is right.
        weight: How much each answer counts.
        fold: In which it was predicted.
    """

    columns: Floats
    least: Floats
    gain: Floats
    right: Floats
    weight: Floats
    fold: Floats

    def without(self, fold: int) -> "_Judged":
        """The answers of the other folds."""
        kept = self.fold != fold
        return _Judged(*(getattr(self, name)[kept] for name in self.__slots__))


def calibrations_of(predicted: Sequence[Predicted]) -> dict[str, Calibration]:
    """A calibration for each field, so that its confidence after the rules is the share that is right."""
    return {key: _fitted(judged) for key, judged in _judged(predicted).items()}


def calibrated_elsewhere(predicted: Sequence[Predicted]) -> list[Predicted]:
    """The predictions with confidences by calibrations that were fitted on the other folds."""
    judged, done = _judged(predicted), list[Predicted]()
    for fold in sorted({each.fold for each in predicted}):
        model = Model({}, {key: _fitted(each.without(fold)) for key, each in judged.items()})
        done += [with_confidences(each, model.confidence) for each in predicted if each.fold == fold]
    return done


def _judged(predicted: Sequence[Predicted]) -> dict[FieldKey, _Judged]:
    """By field. A source counts with the root of its documents, so that many small ones have a say."""
    sizes = Counter(each.labelled.label.source for each in predicted)
    rows: dict[FieldKey, list[tuple[object, ...]]] = {key: [] for key in FIELD_KEYS}
    for each in predicted:
        low, high = (_after_rules(each, confidence) for confidence in (0.5, 1.0))
        weight = sizes[each.labelled.label.source] ** -0.5
        for key, _, right in each.judged_fields():
            if key in each.evidence:
                gain = 2 * (high[key] - low[key])
                rows[key].append((columns_of(each.evidence[key]), high[key] - gain, gain, right, weight, each.fold))
    return {
        key: _Judged(*(np.asarray(column, dtype=np.float64) for column in zip(*own, strict=True)))
        for key, own in rows.items()
        if own
    }


def _after_rules(predicted: Predicted, confidence: float) -> dict[str, float]:
    """The fields' confidences where the reader is so sure of all its answers."""
    done = with_confidences(predicted, lambda _key, _evidence: confidence)
    return {field.key: field.confidence for field in done.fields}


def _fitted(judged: _Judged) -> Calibration:
    start = np.asarray([*_PRIOR, _START_CEILING])
    found = minimize(partial(_loss, judged=judged), start, bounds=_BOUNDS, method="L-BFGS-B")
    return Calibration(found.x[:-1], float(found.x[-1]))


def _loss(parameters: Floats, *, judged: _Judged) -> float:
    """Weighted log loss, and how far the weights are from the prior."""
    weights, ceiling = parameters[:-1], parameters[-1]
    confidence = judged.least + judged.gain * ceiling / (1.0 + np.exp(-judged.columns @ weights))
    clipped = np.clip(confidence, 1e-3, 1 - 1e-3)
    losses = -np.where(judged.right > 0, np.log(clipped), np.log(1 - clipped))
    return float(losses @ judged.weight + _PULL * ((weights - _PRIOR) ** 2).sum())
