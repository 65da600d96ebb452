"""Trains the embedded reader's model and measures it on merchants it has not seen.

    python -m scripts.train_reader EVAL_DATA [--ocr-cache DIR] [--folds 5] [--predictions FILE] [--dry-run]

EVAL_DATA is a folder with manifest.jsonl. Images are read by OCR once and kept in --ocr-cache (seven minutes for
365); PDFs are read through their text layer. Writes lib/layout_reader/ranking/model.npz: forests learned from the
labelled and the synthetic documents, and what their probabilities are worth, measured out of fold. The same input and
seed give the same file.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from lib.document import FIELD_KEYS, Field, Question
from lib.evaluation.prediction import Prediction as Answered
from lib.evaluation.prediction import as_line, from_fields
from lib.layout_reader.ranking.model import MODEL_FILE, Curve, Model
from lib.layout_reader.ranking.ranker import Ranker
from lib.layout_reader.reader import NAMES, LayoutReader
from lib.post.rules import normalize
from scripts.reader_training.comparing import same_amount, same_name
from scripts.reader_training.examples import Example, example_of
from scripts.reader_training.fitting import SEED, calibrated, fit_forests
from scripts.reader_training.folds import merchant_groups
from scripts.reader_training.keeping import keep_ocr
from scripts.reader_training.labelled import Labelled, load
from scripts.reader_training.synthetic import documents

QUESTIONS = tuple(Question(key, "") for key in FIELD_KEYS)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the reader and the rules made of one document, and which fold it was in."""

    labelled: Labelled
    fold: int
    fields: tuple[Field, ...]

    def judged(self) -> Iterator[tuple[Field, bool]]:
        """Every answered field whose truth is known, and whether it is right."""
        for field in self.fields:
            if field.key in self.labelled.truth and field.value is not None:
                yield field, is_right(field, self.labelled.truth[field.key])

    def as_line(self) -> str:
        """One line for scripts.evaluate."""
        return as_line(Answered(self.labelled.id, from_fields(self.fields)))


def is_right(field: Field, want: str) -> bool:
    """Whether a field's value states what the label states."""
    if isinstance(field.value, Decimal):
        return same_amount(field.value, want)
    if isinstance(field.value, date):
        return field.value.isoformat() == want
    return same_name(str(field.value), want) if field.key == "merchant" else field.value == want


def predict(ranker: Ranker, labelled: Sequence[Labelled], *, fold: int) -> list[Prediction]:
    """The fields of documents, as the service would answer them."""
    reader = LayoutReader(ranker)
    return [
        Prediction(item, fold, normalize(reader.answer(item.document, QUESTIONS), document=item.document))
        for item in labelled
    ]


def out_of_fold(
    labelled: Sequence[Labelled],
    examples: Sequence[Example],
    synthetic: Sequence[Example],
    *,
    folds: int,
    scans: Sequence[Labelled] = (),
) -> tuple[list[Prediction], list[Prediction]]:
    """Each document predicted by a model that has not seen its merchant, and so the scans of some."""
    groups = sorted({example.group for example in examples})
    np.random.default_rng(SEED).shuffle(groups)
    fold_of = {group: index % folds for index, group in enumerate(groups)}
    predictions, of_scans = list[Prediction](), list[Prediction]()
    for fold in range(folds):
        model = Model(fit_forests([*(e for e in examples if fold_of[e.group] != fold), *synthetic], NAMES), {})
        mine = [item for item, example in zip(labelled, examples, strict=True) if fold_of[example.group] == fold]
        predictions += predict(model, mine, fold=fold)
        ids = {item.id for item in mine}
        of_scans += predict(model, [scan for scan in scans if scan.id in ids], fold=fold)
        print(f"fold {fold + 1} of {folds}: {len(mine)} documents", flush=True)
    return predictions, of_scans


def with_calibration(predictions: Sequence[Prediction], by: Sequence[Prediction], *, folds: int) -> list[Prediction]:
    """The predictions with confidences as curves give them that were fitted on the other folds of `by`."""
    done = []
    for fold in range(folds):
        model = Model({}, curves_of([p for p in by if p.fold != fold]))
        for prediction in (p for p in predictions if p.fold == fold):
            fields = (replace(f, confidence=model.confidence(f.key, f.confidence)) for f in prediction.fields)
            done.append(replace(prediction, fields=tuple(fields)))
    return done


def calibration_error(predictions: Sequence[Prediction], *, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins."""
    pairs = [(field.confidence, right) for prediction in predictions for field, right in prediction.judged()]
    confidence, right = np.asarray([p[0] for p in pairs]), np.asarray([p[1] for p in pairs], dtype=np.float64)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[index == i].mean() - right[index == i].mean()) * (index == i).mean() for i in set(index)]
    return float(sum(gaps))


def curves_of(predictions: Sequence[Prediction]) -> dict[str, Curve]:
    """What probabilities were worth, by field."""
    judged: dict[str, list[tuple[float, bool]]] = {key: [] for key in FIELD_KEYS}
    for prediction in predictions:
        for field, right in prediction.judged():
            judged[field.key].append((field.confidence, right))
    return {key: calibrated([p[0] for p in pairs], [p[1] for p in pairs]) for key, pairs in judged.items() if pairs}


def report(predictions: Sequence[Prediction]) -> None:
    """Recall and precision by source and field."""
    for source in sorted({prediction.labelled.source for prediction in predictions}):
        mine = [prediction for prediction in predictions if prediction.labelled.source == source]
        cells = []
        for key in FIELD_KEYS:
            known = sum(key in prediction.labelled.truth for prediction in mine)
            judged = [right for prediction in mine for field, right in prediction.judged() if field.key == key]
            if known:
                cells.append(f"{key} {sum(judged) / known:.3f}/{sum(judged) / max(len(judged), 1):.3f}")
        print(f"{source:12} {len(mine):4}  " + "  ".join(cells))


def main() -> None:
    """Measure out of fold, then train on everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval_data", type=Path)
    parser.add_argument("--ocr-cache", type=Path, default=Path("build/ocr-cache"))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--synthetic", type=int, default=1500, help="synthetic documents to add")
    parser.add_argument("--predictions", type=Path, help="write out-of-fold predictions here, a JSON object a line")
    parser.add_argument(
        "--scans", type=Path, help="where OCR results of the PDFs as image-only scans are kept, to predict too"
    )
    parser.add_argument("--scan-predictions", type=Path, help="write those predictions here")
    parser.add_argument("--held-out", help="leave this source out of the training and predict it, instead of folds")
    parser.add_argument("--dry-run", action="store_true", help="measure only")
    arguments = parser.parse_args()
    keep_ocr(arguments.eval_data, arguments.ocr_cache)
    if arguments.scans:
        keep_ocr(arguments.eval_data, arguments.scans, scans=True)
    labelled = list(load(arguments.eval_data, ocr_cache=arguments.ocr_cache))
    groups = merchant_groups([item.truth.get("merchant") for item in labelled])
    examples = [example_of(item, group=group) for item, group in zip(labelled, groups, strict=True)]
    synthetic = [example_of(item, group=-1) for item in documents(arguments.synthetic, seed=SEED)]
    if arguments.held_out:
        rest = [example for example in examples if example.source != arguments.held_out]
        model = Model(fit_forests([*rest, *synthetic], NAMES), {})
        found = predict(model, [item for item in labelled if item.source == arguments.held_out], fold=0)
        report(found)
        _write(arguments.predictions, found)
        return
    scans = list(load(arguments.eval_data, ocr_cache=arguments.scans, kept_only=True)) if arguments.scans else []
    predictions, of_scans = out_of_fold(labelled, examples, synthetic, folds=arguments.folds, scans=scans)
    calibrated_ones = with_calibration(predictions, predictions, folds=arguments.folds)
    report(predictions)
    print(f"expected calibration error {calibration_error(calibrated_ones):.3f}")
    _write(arguments.predictions, calibrated_ones)
    _write(arguments.scan_predictions, with_calibration(of_scans, predictions, folds=arguments.folds))
    if not arguments.dry_run:
        model = Model(fit_forests([*examples, *synthetic], NAMES), curves_of(predictions))
        model.save(MODEL_FILE, names=NAMES)
        print(f"{MODEL_FILE}: {MODEL_FILE.stat().st_size / 1024:.0f} kB")


def _write(path: Path | None, predictions: Sequence[Prediction]) -> None:
    if path:
        path.write_text("".join(f"{prediction.as_line()}\n" for prediction in predictions), encoding="utf-8")


if __name__ == "__main__":
    main()
