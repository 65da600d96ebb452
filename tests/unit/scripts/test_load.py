"""What the load test makes of what it sees."""

from http import HTTPStatus

import pytest

from scripts.load.figures import Report, percentile
from scripts.load.tilt_outage import Fallback, Outage
from scripts.load.traffic import Outcome


def outcome(
    ended: float = 0.0,
    *,
    status: int | None = 200,
    right: HTTPStatus = HTTPStatus.OK,
    wait_s: float | None = None,
    code: str = "",
    reader: str = "",
    degraded: bool = False,
) -> Outcome:
    """What a request came to."""
    source = "ocr" if status == 200 else ""
    return Outcome(ended, 0.5, right, status, wait_s, code, source, reader, degraded)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        pytest.param(outcome(), "ocr", id="answered"),
        pytest.param(outcome(status=400, right=HTTPStatus.BAD_REQUEST), "bad file", id="bad file"),
        pytest.param(outcome(status=503, wait_s=5), "refused", id="refused"),
        pytest.param(outcome(status=503), "wrong 503", id="refused without a word"),
        pytest.param(outcome(status=None), "lost", id="lost"),
        pytest.param(outcome(status=504), "wrong 504", id="too late"),
        pytest.param(outcome(status=200, right=HTTPStatus.BAD_REQUEST), "wrong 200", id="bad file that was read"),
    ],
)
def test_outcome_is_named_by_what_its_client_got(seen: Outcome, kind: str) -> None:
    """Only what is right for the document, or a refusal that says when to come again, is good."""
    assert seen.kind == kind


@pytest.mark.parametrize(
    ("outcomes", "health_ms", "problem"),
    [
        pytest.param([outcome(), outcome(status=None)], [5.0], "1 lost", id="lost"),
        pytest.param([outcome(status=503, wait_s=5)], [5.0], "nothing was answered", id="all refused"),
        pytest.param([outcome()], [5.0] * 98 + [150.0] * 2, "p99 is 150 ms", id="slow health"),
        pytest.param([outcome()], [], "p99 is inf", id="no health"),
    ],
)
def test_report_of_a_broken_rule_names_it(outcomes: list[Outcome], health_ms: list[float], problem: str) -> None:
    """What is wrong stands in the problems, which decide the exit code."""
    assert any(problem in found for found in Report(outcomes, health_ms, 1.0).problems)


def test_report_of_a_load_well_borne_has_figures_and_no_problem() -> None:
    """Each kind has its times."""
    report = Report([outcome(), outcome(status=503, wait_s=5, code="overloaded")], [5.0], 2.0)

    assert report.problems == []
    assert report.lines()[0] == "2 requests in 2 s, 0.5 documents a second, 0 lost"
    assert report.lines()[-2:] == ["  statuses: 200: 1; 503 overloaded: 1", "  Retry-After: 5 s: 1"]


def test_percentile_is_a_value_that_was_seen() -> None:
    """The nearest rank, never something in between."""
    assert [percentile(range(1, 201), percent) for percent in (50, 99, 100)] == [100, 198, 200]


BACK = outcome(95.0, reader="tilt")
REFUSED = outcome(70.0, status=503, wait_s=5, code="tilt_unavailable")
STOOD_IN = outcome(70.0, reader="layout", degraded=True)


@pytest.mark.parametrize(
    ("fallback", "outcomes", "problems"),
    [
        pytest.param("off", [REFUSED, BACK], [], id="refused, then answered"),
        pytest.param("layout", [STOOD_IN, BACK], [], id="stood in for, then answered"),
        pytest.param("off", [REFUSED], ["TILT's answers did not come back"], id="never back"),
        pytest.param("off", [BACK], ["nobody was told to come again while TILT was gone"], id="nobody refused"),
        pytest.param("layout", [BACK], ["nobody got an answer in TILT's place"], id="nobody stood in"),
        pytest.param(
            "layout",
            [STOOD_IN, REFUSED, BACK],
            ["requests were refused although there is a fallback"],
            id="refused despite the fallback",
        ),
        pytest.param(
            "off",
            [REFUSED, outcome(70.0, reader="tilt"), BACK],
            ["TILT answered while it was gone"],
            id="answered by nobody",
        ),
    ],
)
def test_outage_is_borne_by_its_rules(fallback: Fallback, outcomes: list[Outcome], problems: list[str]) -> None:
    """A client is told to come again or gets the embedded reader's answer, and TILT is asked again."""
    assert Outage(outcomes, died=60.0, back=90.0).problems(fallback) == problems
