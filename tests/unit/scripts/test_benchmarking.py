"""What the benchmark makes of what it measures."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from lib.document import Span
from scripts.benchmarking.documents import Sample
from scripts.benchmarking.figures import percentile, ratios, spread
from scripts.benchmarking.inside import BARE, FLOOR
from scripts.benchmarking.peer_spans import paddlex_spans, rapidocr_spans, tesseract_spans
from scripts.benchmarking.plots import draw
from scripts.benchmarking.report import as_markdown
from scripts.benchmarking.results import PagesCost, Results
from scripts.benchmarking.rounds import Measured, run_rounds
from scripts.benchmarking.served import SERVICE, Load
from scripts.benchmarking.targets import targets
from scripts.benchmarking.totals import Totals
from scripts.soak import Soaked

SQUARE = [[0, 0], [10, 0], [10, 5], [0, 5]]


class Clock:
    """Goes on when somebody reads."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.now


class Reader:
    """Takes a fixed time for a page."""

    how = "reads"

    def __init__(self, name: str, seconds: float, clock: Clock, log: list[str]) -> None:
        self.name = name
        self._seconds, self._clock, self._log = seconds, clock, log

    def read_all(self, samples: Sequence[Sample]) -> None:
        """Take the time."""
        self._clock.now += self._seconds * len(samples)
        self._log.append(self.name)

    def cpu_s(self) -> float:
        """All of the time that passed."""
        return self._clock.now


def results() -> Results:
    """A run in which the service reads two pages a second."""
    load = Load(clients=1, documents=2, seconds=1.0, latencies_s=(0.4, 0.6))
    return Results(
        machine="A machine.",
        images=2,
        concurrency=2,
        measured={
            FLOOR: Measured("models", 2, [0.9, 0.9], [1.0, 1.0]),
            BARE: Measured("predict", 2, [1.0, 1.5], [1.0, 1.0]),
            SERVICE: Measured("ours", 2, [1.0, 1.5], [1.0, 1.0]),
        },
        totals={SERVICE: Totals(1, 2)},
        missing={"Tesseract": "not installed here"},
        loads={1: [load], 4: [load]},
        cores={1: [1.0], 2: [1.9]},
        stages_ms={"ocr": 400.0, "total": 450.0},
        text_layer_ms=[20.0, 30.0],
        scan_ms=[800.0, 600.0],
        pages=[PagesCost(1, (0.5, 0.5), (0.5, 0.5)), PagesCost(20, (0.51, 0.52), (0.3, 0.3))],
        seconds=60.0,
    )


def test_ratios_are_taken_within_a_round() -> None:
    """A round in which the machine was busy slows both, and tells as much as any other."""
    found = ratios([1.0, 0.1, 2.0], [2.0, 0.2, 2.0])

    assert (found.median, found.low, found.high) == (0.5, 0.5, 1.0)


def test_ratios_of_unlike_rounds_are_refused() -> None:
    """They would compare one minute with another one."""
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(0.5, 2.0, id="middle"),
        pytest.param(0.95, 4.0, id="nearly all"),
        pytest.param(0.0, 1.0, id="none"),
        pytest.param(1.0, 4.0, id="all"),
    ],
)
def test_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    """Nearest rank."""
    assert percentile([3.0, 1.0, 4.0, 2.0], share) == expected


def test_spread_in_words_has_median_and_extremes() -> None:
    """As tables have it."""
    assert spread([1.0, 3.0, 2.0]).written(1) == "2.0 (1.0 to 3.0)"


def test_rounds_let_everybody_read_in_turns() -> None:
    """Nobody always comes first, and the first reading of all is not measured."""
    clock, log = Clock(), list[str]()
    contenders = [Reader("slow", 2.0, clock, log), Reader("fast", 1.0, clock, log)]
    samples = [Sample("a", b"", "image/png"), Sample("b", b"", "image/png")]

    measured = run_rounds(contenders, samples, rounds=2, clock=clock)

    assert log == ["slow", "fast", "slow", "fast", "fast", "slow"]
    assert measured["slow"].pages_per_s == [0.5, 0.5]
    assert measured["fast"].cpu_s_per_page == [1.0, 1.0]


def test_targets_say_what_was_kept_and_what_was_not() -> None:
    """By the median of the rounds."""
    kept = {target.what: target.kept for target in targets(results())}

    assert kept == {
        f"pages/s of the service over {BARE}": True,
        f"pages/s of the service over {FLOOR}": False,  # 0.9 and 0.6: a median of 0.75.
        "latency of a PDF with a text layer over its scan, p50": False,
        "CPU a page, 20 pages over one": True,
    }


def test_report_names_who_was_left_out_and_why() -> None:
    """A peer that is not there is a sentence, never a figure."""
    text = as_markdown(results())

    assert "Not measured: Tesseract: not installed here." in text
    assert f"| {SERVICE} | 1.67 (1.33 to 2.00) | 1.00 (1.00 to 1.00) |" in text
    assert "| 1 of 2 |" in text


def test_pictures_of_a_run_are_three(tmp_path: Path) -> None:
    """Those that the page shows."""
    draw(results(), tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["cores.png", "load.png", "stages.png"]


@pytest.mark.parametrize(
    "spans",
    [
        pytest.param(rapidocr_spans({"0": {"rec_txt": "Total", "score": 0.9, "dt_boxes": SQUARE}}), id="RapidOCR"),
        pytest.param(
            paddlex_spans(
                {
                    "result": {
                        "ocrResults": [
                            {"prunedResult": {"rec_texts": ["Total"], "rec_scores": [0.9], "rec_polys": [SQUARE]}}
                        ]
                    }
                }
            ),
            id="PaddleX",
        ),
        pytest.param(
            tesseract_spans(
                "block_num\tpar_num\tline_num\tleft\ttop\twidth\theight\tconf\ttext\n"
                "1\t1\t1\t0\t0\t10\t5\t-1\t\n1\t1\t1\t0\t0\t10\t5\t90\tTotal\n"
            ),
            id="Tesseract",
        ),
    ],
)
def test_answers_of_peers_become_spans(spans: tuple[Span, ...]) -> None:
    """The same line, whoever found it."""
    (span,) = spans

    assert (span.text, span.confidence, span.bbox.as_list()) == ("Total", 0.9, [0, 0, 10, 5])


def test_soak_compares_the_end_with_what_had_settled() -> None:
    """What the engines take at first is no growth."""
    soaked = Soaked(list(range(100, 2001, 100)), [300.0, 700.0, 1000.0, 1000.0, 1000.0, *[1000.0] * 11, *[1050.0] * 4])

    assert soaked.settled_mb == pytest.approx(925)
    assert soaked.growth == pytest.approx(1050 / 925 - 1)
