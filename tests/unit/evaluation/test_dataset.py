"""Folders of labelled documents in both layouts."""

import json
from pathlib import Path

import pytest

from lib.evaluation.dataset import LabelledFolderError, load_folder, select

ROW = {
    "id": "a",
    "source": "own",
    "stratum": "receipt",
    "path": "img/a.png",
    "ocr": None,
    "mime": "image/png",
    "license": "MIT",
    "truth": {"total": "1.00", "merchant": "Acme", "note": "no field of ours"},
}


def write_manifest(folder: Path, *rows: object) -> None:
    """A manifest of these rows, with a blank line at its end."""
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    (folder / "manifest.jsonl").write_text(f"{text}\n", encoding="utf-8")


def write_sroie(folder: Path, labels: dict[str, object], *, keys: str = "key", suffix: str = "json") -> None:
    """SROIE's layout with an image for each label."""
    for name in ("img", "box", keys):
        (folder / name).mkdir()
    for stem, label in labels.items():
        (folder / "img" / f"{stem}.jpg").touch()
        (folder / keys / f"{stem}.{suffix}").write_text(json.dumps(label), encoding="utf-8")


def test_load_folder_with_manifest_keeps_order_and_known_fields(tmp_path: Path) -> None:
    """Rows come in the manifest's order, with the labels that are fields of ours."""
    write_manifest(tmp_path, ROW, {**ROW, "id": "b", "path": None, "ocr": "box/b.csv"})

    first, second = load_folder(tmp_path)

    assert (first.id, first.path, first.media_type) == ("a", tmp_path / "img/a.png", "image/png")
    assert first.truth == {"merchant": "Acme", "total": "1.00"}
    assert (second.path, second.boxes) == (None, tmp_path / "box/b.csv")


def test_load_folder_with_null_and_lists_knows_what_is_right(tmp_path: Path) -> None:
    """Null: the document states nothing; of a list each value is right; a status is what the service should answer."""
    truth = {"merchant": ["Acme", "Acme Ltd"], "date": None, "total": [12.5, None], "_status": 415}
    write_manifest(tmp_path, {**ROW, "truth": truth})

    (document,) = load_folder(tmp_path)

    assert document.values("merchant") == ("Acme", "Acme Ltd")
    assert document.values("total") == ("12.5",)
    assert document.absent == {"date", "total"}
    assert document.labelled == ("merchant", "date", "total")
    assert document.status == 415


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(["{not json"], "line 1", id="no JSON"),
        pytest.param([ROW, {"id": "b"}], "line 2", id="no truth"),
        pytest.param([ROW, "7"], "line 2", id="no object"),
        pytest.param([ROW, ROW], "two documents with one id", id="id twice"),
        pytest.param([], "no labelled document", id="empty"),
    ],
)
def test_load_folder_with_wrong_manifest_names_the_line(tmp_path: Path, rows: list[object], message: str) -> None:
    """A manifest that cannot be trusted is refused, with the place."""
    write_manifest(tmp_path, *rows)

    with pytest.raises(LabelledFolderError, match=message):
        load_folder(tmp_path)


def test_load_folder_without_labels_says_what_is_missing(tmp_path: Path) -> None:
    """A folder of neither layout is refused."""
    (tmp_path / "img").mkdir()

    with pytest.raises(LabelledFolderError, match=r"manifest\.jsonl"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("keys", "suffix"),
    [pytest.param("key", "json", id="key/*.json"), pytest.param("entities", "txt", id="entities/*.txt")],
)
def test_load_folder_in_sroie_layout_reads_labels_and_boxes(tmp_path: Path, keys: str, suffix: str) -> None:
    """Both published layouts are read, sorted by name; an image without a label is left out."""
    label = {"company": "ACME SDN BHD", "date": "25/12/2018", "address": "1 MAIN RD", "total": "RM9.00"}
    write_sroie(tmp_path, {"002": label, "001": label}, keys=keys, suffix=suffix)
    (tmp_path / "img" / "003.jpg").touch()
    (tmp_path / "box" / "001.csv").touch()

    first, second = load_folder(tmp_path)

    assert (first.id, first.media_type) == ("sroie-001", "image/jpeg")
    assert first.truth == {"merchant": "ACME SDN BHD", "date": "2018-12-25", "total": "9.00"}
    assert (first.boxes, second.boxes) == (tmp_path / "box/001.csv", None)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        pytest.param("25/12/2018", "2018-12-25", id="slashes"),
        pytest.param("03-04-2017", "2017-04-03", id="the day comes first"),
        pytest.param("03.04.17", "2017-04-03", id="two-digit year"),
        pytest.param("12 JAN 2018", "2018-01-12", id="month name"),
        pytest.param("JAN 12, 2018", "2018-01-12", id="month name first"),
        pytest.param("20180112", "2018-01-12", id="digits alone"),
        pytest.param("yesterday", None, id="no date"),
    ],
)
def test_load_folder_in_sroie_layout_writes_dates_as_iso(tmp_path: Path, text: str, iso: str | None) -> None:
    """SROIE's dates are as printed; one that is none is no label."""
    write_sroie(tmp_path, {"001": {"company": "ACME", "date": text, "total": "free"}})

    (document,) = load_folder(tmp_path)

    assert document.truth == {"merchant": "ACME"} | ({"date": iso} if iso else {})


def test_load_folder_in_sroie_layout_with_broken_label_names_the_file(tmp_path: Path) -> None:
    """A label that is no JSON object is refused by name."""
    write_sroie(tmp_path, {"001": ["ACME"]})

    with pytest.raises(LabelledFolderError, match=r"001\.json"):
        load_folder(tmp_path)


def test_select_filters_first_and_limits_then(tmp_path: Path) -> None:
    """The limit counts the documents that are kept."""
    rows = [
        {**ROW, "id": "a", "path": None},
        {**ROW, "id": "b", "source": "else"},
        {**ROW, "id": "c"},
        {**ROW, "id": "d"},
    ]
    write_manifest(tmp_path, *rows)

    kept = select(load_folder(tmp_path), sources=["own"], only="file", limit=1)

    assert [document.id for document in kept] == ["c"]


def test_select_of_boxes_leaves_out_documents_with_a_file(tmp_path: Path) -> None:
    """Documents with a file are measured with OCR, those without are measured apart."""
    write_manifest(tmp_path, ROW, {**ROW, "id": "b", "path": None})

    kept = select(load_folder(tmp_path), only="boxes")

    assert [document.id for document in kept] == ["b"]
