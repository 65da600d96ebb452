"""Predictions for documents by models that have seen neither their source nor their merchant, and their figures.

In: labelled documents, their training lines, a fold for each. Out: predictions, and a line of figures for each folder.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.document import FIELD_KEYS, Answer, Field, FieldKey, OcrDocument, Question
from lib.evaluation.assurance import assure
from lib.evaluation.calibration import calibrate
from lib.evaluation.prediction import Prediction, as_line, from_extraction, from_fields
from lib.evaluation.scoring import Judged, is_right, judge_one, summarize
from lib.extraction import Extraction
from lib.layout_reader.ranking.model import Model
from lib.layout_reader.ranking.ranker import Evidence, Role
from lib.layout_reader.reader import NAMES, LayoutReader
from lib.pipelines.ocr.legibility import warnings_about
from lib.post.review import review_of
from lib.post.rules import RULESET_VERSION, normalize, warnings_of
from lib.settings import load_settings
from scripts.reader_training.examples import Example
from scripts.reader_training.fitting import fit_forests
from scripts.reader_training.folds import merchant_groups
from scripts.reader_training.keeping import AS_SCAN
from scripts.reader_training.labelled import Labelled

_review_confidence = functools.cache(lambda: load_settings().review.confidence)

QUESTIONS = tuple(Question(key, "") for key in FIELD_KEYS)


@dataclass(frozen=True, slots=True)
class Predicted:
    """What the reader and the rules made of one document, the evidence for each answer, and which fold it was in."""

    labelled: Labelled
    fold: int
    answers: tuple[Answer, ...]
    evidence: Mapping[str, Evidence]
    fields: tuple[Field, ...]

    def judged_fields(self) -> Iterator[tuple[FieldKey, Field, bool]]:
        """Every answered field that has a label, and whether it is right."""
        fields, predicted = {field.key: field for field in self.fields}, from_fields(self.fields)
        for key in self.labelled.label.labelled:
            if fields[key].value is not None:
                yield key, fields[key], is_right(self.labelled.label, key, predicted[key].value)

    def prediction(self) -> Prediction:
        """As the evaluation takes it, a scan by the id of its PDF."""
        return from_extraction(self.labelled.id.removesuffix(AS_SCAN), self._extraction(), seconds=0.0)

    def _extraction(self) -> Extraction:
        """As the service would answer it, without a word on time."""
        document = self.labelled.document
        extraction = Extraction(
            fields=self.fields,
            document=OcrDocument(()),
            reader=LayoutReader.name,
            model_version=LayoutReader.model_version,
            ruleset_version=RULESET_VERSION,
            source=document.source,
            warnings=tuple(sorted({*warnings_of(self.fields), *warnings_about(document.pages)})),
        )
        return replace(extraction, review=review_of(extraction, least=_review_confidence()))


class _Uncalibrated:
    """A ranker whose confidences are the probabilities, and which remembers the evidence for them."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.evidence: dict[str, Evidence] = {}

    def probabilities(self, role: Role, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return self._model.probabilities(role, features)

    def confidence(self, key: str, evidence: Evidence) -> float:
        self.evidence[key] = evidence
        return evidence.probability


def predict(model: Model, labelled: Sequence[Labelled], *, fold: int) -> Iterator[Predicted]:
    """The fields of documents, as the service would answer them, but with probabilities for confidences."""
    for item in labelled:
        ranker = _Uncalibrated(model)
        answers = LayoutReader(ranker).answer(item.document, QUESTIONS)
        yield Predicted(item, fold, answers, ranker.evidence, normalize(answers, document=item.document))


def with_confidences(predicted: Predicted, confidence: Callable[[str, Evidence], float]) -> Predicted:
    """A prediction with other confidences of the reader's answers, and what the rules make of them."""
    answers = tuple(
        replace(answer, confidence=confidence(answer.key, predicted.evidence[answer.key]))
        if answer.key in predicted.evidence
        else answer
        for answer in predicted.answers
    )
    return replace(predicted, answers=answers, fields=normalize(answers, document=predicted.labelled.document))


def out_of_fold(
    labelled: Sequence[Labelled], examples: Sequence[Example], synthetic: Sequence[Example], fold_of: Sequence[int]
) -> list[Predicted]:
    """Each document predicted by a model that was trained on the other folds, without merchants of its fold.

    Args:
        labelled: The documents.
        examples: Their training lines, in the same order.
        synthetic: Those of synthetic documents, which belong to no fold.
        fold_of: The fold of each document.
    """
    merchants = merchant_groups([item.label for item in labelled])
    predicted = list[Predicted]()
    for fold in sorted(set(fold_of)):
        tested = [index for index, own in enumerate(fold_of) if own == fold]
        known = {merchants[index] for index in tested}
        seen = [e for e, own, who in zip(examples, fold_of, merchants, strict=True) if own != fold and who not in known]
        model = Model(fit_forests([*seen, *synthetic], NAMES), {})
        predicted += predict(model, [labelled[index] for index in tested], fold=fold)
        print(f"fold {fold}: {len(tested)} documents, {len(seen)} to learn from", flush=True)
    return predicted


def report(predicted: Sequence[Predicted]) -> None:
    """Recall and precision by folder, field and source."""
    for (root, is_scan), own in _by_folder(predicted).items():
        documents = _judged(own)
        _say(f"{root.name if root else 'synthetic'}{' as scans' if is_scan else ''}", documents)
        sources = sorted({one.document.source for one in documents})
        for source in sources if len(sources) > 1 else ():
            _say(f"  {source}", [one for one in documents if one.document.source == source])


def write_predictions(path: Path, predicted: Sequence[Predicted]) -> None:
    """A file for `scripts.evaluate --predictions`, a JSON object a line; those for scans go into a file NAME-scans."""
    for own, is_scan in ((path, False), (path.with_stem(f"{path.stem}-scans"), True)):
        lines = [as_line(each.prediction()) for each in predicted if each.labelled.is_scan is is_scan]
        own.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _by_folder(predicted: Sequence[Predicted]) -> dict[tuple[Path | None, bool], list[Predicted]]:
    folders: dict[tuple[Path | None, bool], list[Predicted]] = {}
    for each in predicted:
        folders.setdefault((each.labelled.root, each.labelled.is_scan), []).append(each)
    return folders


def _judged(predicted: Sequence[Predicted]) -> tuple[Judged, ...]:
    return tuple(judge_one(each.labelled.label, each.prediction()) for each in predicted)


def _say(name: str, documents: Sequence[Judged]) -> None:
    summary, assurance = summarize(documents), assure(documents)
    calibration = calibrate(outcome for one in documents for outcome in one.outcomes)
    shares = {
        "recall": summary.all_fields.recall,
        "precision": summary.all_fields.precision,
        "perfect": summary.perfect_documents,
        "sure and right": assurance.confident_right,
        "sure": assurance.confident_share,
        "unreviewed and right": assurance.no_review_right,
        "unreviewed": assurance.no_review_share,
        "calibration error": calibration.expected_error,
    }
    fields = [
        f"{key} {tally.recall or 0:.3f}/{tally.precision or 0:.3f}"
        for key, tally in summary.fields.items()
        if tally.labelled
    ]
    told = [f"{key} {share:.3f}" for key, share in shares.items() if share is not None]
    print(f"{name:16} {len(documents):4}  {', '.join(told)}  {'  '.join(fields)}", flush=True)
