"""Trains the embedded reader's model and measures it on sources it has not seen.

    python -m scripts.train_reader FOLDER [FOLDER ...] [--scans FOLDER ...] [--by source|merchant] [--predictions FILE]

Each FOLDER has manifest.jsonl. Every file is read once by the service's own pipeline and kept in --kept; the PDFs of
--scans once more as image-only scans. Then each document is predicted by a model that knows neither its source nor its
merchant, confidences are calibrated on these predictions, and the model of all documents is written into the reader's
package. The same input and seed give the same file.
"""

import argparse
from pathlib import Path

from lib.layout_reader.ranking.model import MODEL_FILE, Model
from lib.layout_reader.reader import NAMES
from scripts.reader_training.calibrating import calibrated_elsewhere, calibrations_of
from scripts.reader_training.examples import example_of
from scripts.reader_training.fitting import SEED, fit_forests
from scripts.reader_training.folds import fold_of_each, merchant_groups, source_groups
from scripts.reader_training.labelled import load
from scripts.reader_training.synthetic import documents
from scripts.reader_training.validating import out_of_fold, report, write_predictions


def main() -> None:
    """Measure out of fold, then train on everything."""
    arguments = _arguments()
    labelled = [
        item for root in arguments.folders for item in load(root, kept=arguments.kept, scans=root in arguments.scans)
    ]
    examples = [example_of(item) for item in labelled]
    synthetic = [example_of(item) for item in documents(arguments.synthetic, seed=SEED)]
    labels = [item.label for item in labelled]
    groups = source_groups(labels) if arguments.by == "source" else merchant_groups(labels)
    fold_of = fold_of_each(groups, folds=arguments.folds, seed=SEED)
    predicted = out_of_fold(labelled, examples, synthetic, fold_of)
    calibrated = calibrated_elsewhere(predicted)
    report(calibrated)
    if arguments.predictions:
        write_predictions(arguments.predictions, calibrated)
    if not arguments.dry_run:
        Model(fit_forests([*examples, *synthetic], NAMES), calibrations_of(predicted)).save(MODEL_FILE, names=NAMES)
        print(f"{MODEL_FILE}: {MODEL_FILE.stat().st_size / 1024:.0f} kB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--scans", type=Path, nargs="*", default=[], help="those whose PDFs are read as scans, too")
    parser.add_argument("--kept", type=Path, default=Path("build/read-documents"), help="where read documents are kept")
    parser.add_argument("--by", choices=["source", "merchant"], default="source", help="what is left out together")
    parser.add_argument("--folds", type=int, default=7)
    parser.add_argument("--synthetic", type=int, default=1500, help="synthetic documents to add")
    parser.add_argument("--predictions", type=Path, help="write out-of-fold predictions here, a JSON object a line")
    parser.add_argument("--dry-run", action="store_true", help="measure only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
