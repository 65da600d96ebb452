"""What training reads, keeps, weighs and leaves out."""

import json
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from lib.document import Answer, Field
from lib.evaluation.dataset import LabelledDocument
from lib.layout_reader.ranking.ranker import Evidence
from scripts.reader_training.calibrating import calibrated_elsewhere, calibrations_of
from scripts.reader_training.examples import Example, Lines, example_of, training_of
from scripts.reader_training.folds import fold_of_each, merchant_groups, source_groups
from scripts.reader_training.labelled import Labelled, load
from scripts.reader_training.synthetic import documents
from scripts.reader_training.validating import Predicted
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "samples"
ROWS = [json.loads(line) for line in (SAMPLES / "manifest.jsonl").read_text().splitlines()]
LABEL = LabelledDocument("a", "shop", "receipt", "own", {"merchant": "Acme", "total": "1.00"})


def labelled_folder(folder: Path, *, mime: str) -> str:
    """A labelled folder with the first sample of a type; the sample's id."""
    row = next(row for row in ROWS if row["mime"] == mime)
    folder.mkdir()
    shutil.copy(SAMPLES / row["path"], folder)
    (folder / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    return str(row["id"])


@pytest.mark.parametrize(
    ("mime", "sources"),
    [
        pytest.param("image/jpeg", ["ocr"], id="picture"),
        pytest.param("application/pdf", ["text_layer", "ocr"], id="PDF, and as a scan"),
    ],
)
def test_load_reads_files_once_as_the_service_does(tmp_path: Path, mime: str, sources: list[str]) -> None:
    """They are read by the real pipeline and kept; what is kept comes back the same."""
    labelled_folder(tmp_path / "data", mime=mime)

    first = list(load(tmp_path / "data", kept=tmp_path / "kept", scans=True))
    for path in (tmp_path / "data").glob("*.*"):
        if path.name != "manifest.jsonl":
            path.write_bytes(b"")  # Not opened again.
    again = list(load(tmp_path / "data", kept=tmp_path / "kept", scans=True))

    assert [each.document.source for each in first] == sources
    assert all(len(each.document.pages[0].words) > 20 for each in first)
    assert again == first


def test_example_of_a_document_that_states_no_tax_has_no_right_line() -> None:
    """Null labels teach that none of the candidates is right."""
    stated = next(documents(1, seed=1))
    labelled = replace(stated, label=replace(stated.label, truth={}, absent=frozenset({"tax_amount"})))

    example = example_of(labelled)

    assert list(example.lines) == ["tax_amount"]
    assert not example.lines["tax_amount"].right.any()


def test_example_of_a_label_that_allows_either_teaches_nothing() -> None:
    """Where an answer and none are both right, nothing is learned."""
    stated = next(documents(1, seed=1))
    label = replace(stated.label, truth={"total": "1.00"}, absent=frozenset({"total"}))

    assert not example_of(replace(stated, label=label)).lines


def test_training_of_sources_damps_large_ones() -> None:
    """A document of a source with 16 others like it counts half as much as one alone."""
    lines = Lines(np.zeros((1, 2), dtype=np.float32), np.asarray([True]))
    examples = [Example(str(n), "small" if n == 0 else "large", {"total": 1.0}, {"total": lines}) for n in range(17)]

    weight = training_of(examples, "total").weight

    assert weight[0] == pytest.approx(2 * weight[1])


def test_source_groups_divide_a_source_of_many_kinds() -> None:
    """Cases made one by one share no source; documents of one collection do."""
    collection = [replace(LABEL, source="collection")] * 3
    cases = [replace(LABEL, source="cases", stratum=f"case {n}") for n in range(20)]

    groups = source_groups([*collection, *cases])

    assert len(set(groups[:3])) == 1
    assert len(set(groups[3:])) == 20


def test_merchant_groups_hold_similar_names_together() -> None:
    """A chain's shops are one merchant; documents without a name have none in common."""
    names = ["Acme Hardware", "ACME HARDWARE 17", "Zenith", None, None]
    labels = [replace(LABEL, truth={"merchant": name} if name else {}) for name in names]

    first, second, third, fourth, fifth = merchant_groups(labels)

    assert first == second
    assert len({first, third, fourth, fifth}) == 4


def test_fold_of_each_leaves_groups_whole_and_fills_folds_alike() -> None:
    """No group is in two folds; a large group has a fold of its own."""
    groups = ["large"] * 10 + [f"small {n // 2}" for n in range(20)]

    folds = fold_of_each(groups, folds=3, seed=1)

    assert all(len({fold for fold, group in zip(folds, groups, strict=True) if group == own}) == 1 for own in groups)
    assert sorted(folds.count(fold) for fold in range(3)) == [10, 10, 10]


def predicted(source: str, evidence: Evidence, *, right: bool, fold: int) -> Predicted:
    """An answered date of a document, right or wrong."""
    day = date(2024, 1, 2)
    label = replace(LABEL, source=source, truth={"date": "2024-01-02" if right else "2024-03-04"})
    document = next(documents(1, seed=1)).document
    answer = Answer("date", "2024-01-02", evidence.probability)
    fields = (Field("date", day, "2024-01-02", evidence.probability), Field("total", Decimal(1), "1", 0.5))
    return Predicted(Labelled(label, document), fold, (answer,), {"date": evidence}, fields)


def test_calibrations_promise_what_was_kept() -> None:
    """Answers of one evidence are as sure as their share that is right, and a close second costs confidence."""
    alone, close = Evidence(0.95, 0.01), Evidence(0.95, 0.9)
    found = [predicted("x", alone, right=n % 20 > 0, fold=n % 2) for n in range(200)]
    found += [predicted("y", close, right=n % 2 > 0, fold=n % 2) for n in range(200)]

    calibration = calibrations_of(found)["date"]

    assert calibration(alone) == pytest.approx(0.95, abs=0.03)
    assert calibration(close) == pytest.approx(0.5, abs=0.06)


def test_calibrated_elsewhere_does_not_look_at_the_own_fold() -> None:
    """A fold whose answers are all wrong is as sure as the other folds were right."""
    evidence = Evidence(0.9, 0.0)
    found = [predicted("x", evidence, right=fold == 0, fold=fold) for fold in (0, 1) for _ in range(40)]

    fields = {each.fold: each.fields[1] for each in calibrated_elsewhere(found)}

    assert fields[0].confidence < 0.5
    assert fields[1].confidence > 0.8
