"""Dashboard, alerts and runbook speak of what is really measured and logged."""

import json
import re
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric

from apps.api_gpu.errors import CODES_OF_OTHER_STATUSES, STATUS
from apps.api_gpu.observation import CLIENT_GONE, QUIET
from apps.api_gpu.routes import router
from apps.tilt_api.metrics import Metrics as TiltMetrics
from lib.telemetry import Metrics
from tests.conftest import ROOT
from tests.markdown import page, rows, section

DASHBOARD = json.loads((ROOT / "docs" / "grafana.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
EXPRESSIONS = {
    **{
        f"dashboard: {panel['title']} {t['refId']}": t["expr"]
        for panel in DASHBOARD["panels"]
        for t in panel["targets"]
    },
    **{f"alert: {rule['alert']}": rule["expr"] for rule in RULES},
}
METRIC = re.compile(r"\b(?:ocrlty|process|python)_\w+|\bup\b")

CODES = {error.code for error in STATUS} | set(CODES_OF_OTHER_STATUSES.values()) | {"ok", "other", "client_gone"}
ROUTES = {getattr(route, "path", "") for route in router.routes}


def on_the_wire(metric: Metric) -> str:
    """A metric's name as Prometheus has it."""
    return metric.name + {"counter": "_total", "info": "_info"}.get(metric.type, "")


def measured() -> dict[str, Metric]:
    """The metrics of the service by their names."""
    return {on_the_wire(metric): metric for metric in Metrics().registry.collect()}


def series() -> set[str]:
    """Every name that an expression may use."""
    histograms = {name for name, metric in measured().items() if metric.type == "histogram"}
    parts = {f"{name}_{part}" for name in histograms for part in ("bucket", "count", "sum")}
    return (measured().keys() - histograms) | parts | {"up"}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=list(EXPRESSIONS))
def test_expression_uses_what_is_measured(expression: str) -> None:
    """Names, codes and routes exist, and brackets close."""
    named = set(METRIC.findall(expression))
    codes = {code for value in re.findall(r'code=~?"([^"]+)"', expression) for code in value.split("|")}
    routes = set(re.findall(r'route="([^"]+)"', expression))

    assert named
    assert named <= series()
    assert codes <= CODES
    assert routes <= ROUTES
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)


def test_dashboard_and_alerts_use_every_metric_of_ours() -> None:
    """What nobody looks at need not be measured."""
    used = {name for expression in EXPRESSIONS.values() for name in METRIC.findall(expression)}
    used = {re.sub(r"_(bucket|count|sum)$", "", name) for name in used}

    assert {name for name in measured() if name.startswith("ocrlty_")} <= used


def test_runbook_explains_every_metric_and_no_other() -> None:
    """Name and type of each, as `/metrics` has them."""
    explained, of_tilt = section("runbook.md", "## Metrics").split("The TILT server has metrics of its own")
    tilt = {on_the_wire(metric) for metric in TiltMetrics().registry.collect()}

    assert {row[0].strip("`"): row[1] for row in rows(explained)} == {
        name: metric.type for name, metric in measured().items()
    }
    assert tilt <= {row[0].strip("`") for row in rows(of_tilt)}


def test_runbook_names_the_labels_of_every_metric() -> None:
    """Labels are what one filters by."""
    labeled = [metric for metric in vars(Metrics()).values() if hasattr(metric, "_labelnames")]
    labels = {on_the_wire(family): set(metric._labelnames) for metric in labeled for family in metric.describe()}
    table = rows(section("runbook.md", "## Metrics"))
    explained = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in table}

    assert len(labels) == len(labeled) > 10
    assert {name: explained[name] for name in labels} == labels


def test_every_alert_has_its_chapter_with_what_to_look_at_and_do() -> None:
    """Nobody is woken up without being told what to do."""
    alerts = [rule["alert"] for rule in RULES]
    chapters = re.findall(r"^### (\w+)$", section("runbook.md", "## Alerts"), re.MULTILINE)

    assert chapters == alerts
    for rule in RULES:
        chapter = section("runbook.md", f"### {rule['alert']}")
        assert "Look" in chapter
        assert re.search(r"\* (Do|Look and do):", chapter)
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_runbook_names_what_the_log_does() -> None:
    """Quiet routes and the status of a client that went away."""
    text = page("runbook.md")

    assert f"{CLIENT_GONE}: the client went away" in text
    assert set(re.findall(r"`(/[\w/]+)`", text.split("Probes (")[1].split(")")[0])) == set(QUIET)
