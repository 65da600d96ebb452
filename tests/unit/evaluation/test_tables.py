"""The tables that are committed."""

from pathlib import Path

import pytest

from lib.evaluation import tables
from lib.evaluation.scoring import judge
from tests.unit.evaluation.examples import answer, label


def figures(seconds: float) -> str:
    """All tables over two documents, one of them wrong."""
    documents = [label("secret-id", merchant="Acme", total="1.00"), label("b", stratum="invoice", total="2.00")]
    predictions = {
        "secret-id": answer("secret-id", merchant="Acme", total=1, confidence=0.9, seconds=seconds, text="Acme"),
        "b": answer("b", total=3, confidence=0.4, seconds=seconds, text="Acme"),
    }
    judged = judge(documents, predictions)
    return tables.figures(judged)


def test_figures_are_the_same_however_long_it_took() -> None:
    """What is committed changes with the answers alone."""
    assert figures(seconds=0.1) == figures(seconds=9.9)


def test_figures_say_recall_precision_and_failures() -> None:
    """The rows hold the shares that a person works out."""
    text = figures(seconds=0)

    assert "| micro recall (all labelled fields alike) | 0.667 |" in text
    assert "| total | 2 | 2 | 1 | 0.500 | 0.500 |" in text
    assert "| invoice | 1 | 0.000 | 0.000 | - | - | - | - | - | 0.000 / 0.000 (n 1) |" in text
    assert "| 0.9 - 1.0 | 2 | 0.900 | 1.000 |" in text
    assert "| another value; the text does not have the true one | - | - | - | - | - | 1 | 1 |" in text


def test_figures_hold_nothing_of_a_document() -> None:
    """Neither ids nor labels reach a repository."""
    text = figures(seconds=0)

    assert "secret-id" not in text
    assert "Acme" not in text


def test_source_table_counts_documents_and_files() -> None:
    """Each collection stands with its license."""
    text = tables.source_table([label("a"), label("b")])

    assert "| own | Apache-2.0 | 2 | 0 |" in text


def test_update_section_replaces_what_is_between_the_markers(tmp_path: Path) -> None:
    """Everything around the section stays, and a second run changes nothing."""
    path = tmp_path / "accuracy.md"
    path.write_text("# A\n<!-- table:x -->\nold\n<!-- /table:x -->\nend\n", encoding="utf-8")

    tables.update_section(path, section="x", content="new")
    tables.update_section(path, section="x", content="new")

    assert path.read_text(encoding="utf-8") == "# A\n<!-- table:x -->\nnew\n<!-- /table:x -->\nend\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# A\n", id="none"),
        pytest.param("<!-- table:x -->\n", id="no end"),
        pytest.param("<!-- /table:x -->\n<!-- table:x -->\n", id="wrong order"),
        pytest.param("<!-- table:x --><!-- /table:x -->" * 2, id="twice"),
    ],
)
def test_update_section_without_its_markers_is_refused(tmp_path: Path, text: str) -> None:
    """A file is never changed anywhere else than between one pair of markers."""
    path = tmp_path / "accuracy.md"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match="table:x"):
        tables.update_section(path, section="x", content="new")
    assert path.read_text(encoding="utf-8") == text
