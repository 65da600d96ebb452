"""The report that a person reads."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from lib.evaluation.pictures import PageView, blank_views
from lib.evaluation.report import worst_first, write_report
from lib.evaluation.scoring import Judged, judge
from tests.unit.evaluation.examples import answer, label

TEXT = "Acme Hardware\nTotal 12.10"


async def views(one: Judged) -> Sequence[PageView]:
    """The words on white paper."""
    return blank_views(one.prediction.document) if one.prediction.document else ()


@pytest.fixture
def judged() -> tuple[Judged, ...]:
    """One perfect document, one with one wrong field, one with two, one that failed."""
    documents = [label(each, merchant="Acme | Hardware", total="12.10") for each in ("good", "bad", "worse", "failed")]
    predictions = {
        "good": answer("good", merchant="Acme Hardware", total=12.1, confidence=0.9, seconds=0.2, text=TEXT),
        "bad": answer("bad", merchant="Acme Hardware", total=7, confidence=0.9, seconds=0.3, text=TEXT),
        "worse": answer("worse", merchant="Zenith", total=None, confidence=0.4, seconds=0.1, text=TEXT),
        "failed": answer("failed", error="504 deadline_exceeded", seconds=9),
    }
    return judge(documents, predictions)


@pytest.mark.anyio
async def test_write_report_says_and_shows_what_went_wrong(tmp_path: Path, judged: tuple[Judged, ...]) -> None:
    """Figures, charts, failures and the worst documents are there, and every picture that it names."""
    path = await write_report(tmp_path, name="own", judged=judged, how="4 documents.", worst=5, views=views)

    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / "own.md"
    assert "| failed | 1 |" in text
    assert "| failed | receipt | 504 deadline_exceeded |" in text
    assert text.index("1. worse") < text.index("2. bad")
    assert "| total | 12.10 | 7 | 0.900 | - | a smaller amount, though the text has the true one |" in text
    assert r"Acme \| Hardware" in text
    pictures = [part.split(")")[0] for part in text.split("](")[1:]]
    assert len(pictures) == 4
    for picture in pictures:
        with Image.open(tmp_path / picture) as image:
            assert min(image.size) > 200


@pytest.mark.anyio
async def test_write_report_of_predictions_without_confidence_and_time_leaves_both_out(tmp_path: Path) -> None:
    """What nobody measured has no section."""
    judged = judge([label("a", total="1.00")], {"a": answer("a", total=1)})

    path = await write_report(tmp_path, name="own", judged=judged, how="1 document.", worst=0, views=views)

    text = path.read_text(encoding="utf-8")
    assert "## Calibration" not in text
    assert "## Time" not in text
    assert "| expected calibration error | - |" in text


def test_worst_first_orders_by_wrong_fields_and_then_by_misplaced_confidence(judged: tuple[Judged, ...]) -> None:
    """Perfect and failed documents have nothing to draw; surer mistakes come first."""
    sure = judge([label("sure", total="1.00")], {"sure": answer("sure", total=2, confidence=0.99)})

    order = [one.document.id for one in worst_first([*judged, *sure])]

    assert order == ["worse", "sure", "bad"]
