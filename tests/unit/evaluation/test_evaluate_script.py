"""The script from folder to report."""

import json
from pathlib import Path

import pytest

from scripts.evaluate import main

LABELS = [
    {"id": "a", "source": "own", "license": "MIT", "path": None, "ocr": "a.csv", "truth": {"total": "9.00"}},
    {"id": "b", "source": "own", "license": "MIT", "path": None, "ocr": "b.csv", "truth": {"total": "8.00"}},
]
ANSWERS = [{"id": "a", "data": {"total": 9}}, {"id": "b", "data": {"total": 7}}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labelled folder and answers for it, in the folder that the script runs in."""
    monkeypatch.chdir(tmp_path)
    for name, rows in (("manifest.jsonl", LABELS), ("answers.jsonl", ANSWERS)):
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    for name, total in (("a.csv", "9.00"), ("b.csv", "8.00")):
        text = f"10,10,90,10,90,30,10,30,ACME LTD\n10,50,60,50,60,70,10,70,TOTAL\n90,50,130,50,130,70,90,70,{total}\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_main_with_predictions_writes_report_and_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures go to stdout and to the JSON file, the report to reports/."""
    code = main([str(folder), "--predictions", "answers.jsonl", "--name", "own", "--json", "figures.json"])

    printed = json.loads(capsys.readouterr().out)
    assert code == 0
    assert printed["micro_recall"] == 0.5
    assert json.loads((folder / "figures.json").read_text())["field_recall"]["total"] == 0.5
    assert "| total | 2 | 2 | 1 | 0.500 | 0.500 |" in (folder / "reports" / "own.md").read_text()


def test_main_with_predictions_tells_failure_classes_from_the_boxes(folder: Path) -> None:
    """The words that come with the labels say whether the true value was there to be read."""
    main([str(folder), "--predictions", "answers.jsonl"])

    assert "a smaller amount, though the text has the true one" in (folder / "reports" / "evaluation.md").read_text()


def test_main_with_its_own_answers_gives_the_same_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What --predictions-out writes, --predictions reads."""
    main([str(folder), "--predictions", "answers.jsonl", "--predictions-out", "again.jsonl"])
    first = capsys.readouterr().out

    main([str(folder), "--predictions", "again.jsonl"])

    assert capsys.readouterr().out == first


@pytest.mark.slow
def test_main_in_process_reads_word_boxes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole pipeline is built, and documents without a file are answered from their boxes."""
    monkeypatch.setenv("OCR_CONCURRENCY", "1")
    code = main([str(folder), "--worst", "0"])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["micro_recall"] == 1.0


def test_main_against_service_that_is_gone_says_so_by_its_exit_code(folder: Path) -> None:
    """Failed documents are counted, reported, and make the script fail."""
    (folder / "a.png").write_bytes(b"x")
    (folder / "manifest.jsonl").write_text(json.dumps({**LABELS[0], "path": "a.png"}), encoding="utf-8")

    code = main([str(folder), "--url", "http://127.0.0.1:9"])

    assert code == 1
    assert "| a | all | ConnectError |" in (folder / "reports" / "evaluation.md").read_text()


def test_main_with_update_writes_the_tables_of_a_section(folder: Path) -> None:
    """Tables are written anew between their markers; the sources come without an evaluation."""
    page = folder / "accuracy.md"
    page.write_text(
        "".join(f"<!-- table:{name} -->\n<!-- /table:{name} -->\n" for name in ("own", "sources")), encoding="utf-8"
    )

    main([str(folder), "--predictions", "answers.jsonl", "--update", str(page), "--section", "own"])
    main([str(folder), "--update", str(page), "--section", "sources"])

    text = page.read_text(encoding="utf-8")
    assert "| micro recall (all labelled fields alike) | 0.500 |" in text
    assert "| own | MIT | 2 | 0 |" in text


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nowhere"], id="no folder"),
        pytest.param([".", "--predictions", "manifest.jsonl", "--update", "none.md", "--section", "x"], id="no page"),
        pytest.param([".", "--predictions", "nowhere.jsonl"], id="no predictions"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_main_that_cannot_evaluate_says_so_by_its_exit_code(arguments: list[str]) -> None:
    """A wrong argument is told in a sentence, not in a traceback."""
    assert main(arguments) == 2


@pytest.mark.usefixtures("folder")
def test_main_with_update_alone_is_refused() -> None:
    """Tables need to know their place."""
    with pytest.raises(SystemExit):
        main([".", "--update", "accuracy.md"])
