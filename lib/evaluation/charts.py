"""Charts of an evaluation.

In: a summary and a calibration. Out: PNG files. The only importer of matplotlib, which is a tool of development and is
loaded when a chart is drawn.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.document import FIELD_KEYS
from lib.evaluation.calibration import Calibration
from lib.evaluation.scoring import Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 150
INK = "#1f2933"
PALE = "#9aa5b1"
GRID = "#e4e7eb"
KEPT = "#2f7de1"
GAP = "#e5484d"
RECALL_COLORS = ("#f4a3a3", "#fbe8b5", "#a6dcb5")
WORST_RECALL = 0.4
"""Recall that has the first of those colors; below it nothing gets any worse."""


def font_folder() -> Path:
    """Where the fonts are that come with matplotlib (DejaVu)."""
    import matplotlib  # noqa: PLC0415 - heavy, and a tool of development

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def draw_calibration(calibration: Calibration, path: Path) -> None:
    """Confidence against the share of right answers, and how many answers have which confidence."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    figure = Figure(figsize=(6, 6.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    _draw_reliability(upper, calibration)
    middles = [(each.low + each.high) / 2 for each in calibration.bins]
    lower.bar(middles, [each.answers for each in calibration.bins], width=0.094, color=PALE)
    lower.set_ylabel("answers")
    lower.set_xlabel("confidence")
    for axes in (upper, lower):
        _plain(axes)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.savefig(path, dpi=DPI)


def _draw_reliability(axes: "Axes", calibration: Calibration) -> None:
    filled = [each for each in calibration.bins if each.answers]
    middles = [(each.low + each.high) / 2 for each in filled]
    accuracies = [each.accuracy or 0.0 for each in filled]
    confidences = [each.confidence or 0.0 for each in filled]
    axes.bar(middles, accuracies, width=0.094, color=KEPT, label="share of right answers")
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 4)), label="as promised")
    axes.vlines(confidences, accuracies, confidences, color=GAP, linewidth=2.5, label="gap to the mean confidence")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("share of right answers")
    error = calibration.expected_error
    axes.set_title(
        f"{calibration.answers} answers, expected calibration error {error:.3f}" if error is not None else "no answers",
        color=INK,
    )


def draw_recall(summary: Summary, path: Path) -> None:
    """Recall by stratum and field as a map; each cell says recall and how many labels it rests on."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    names = [*summary.strata, "all"]
    rows = [*(stratum.fields for stratum in summary.strata.values()), summary.fields]
    figure = Figure(figsize=(9.6, 0.55 * len(names) + 1.2), layout="constrained")
    axes = figure.subplots()
    recalls = np.array([[_or_nan(row[key].recall) for key in FIELD_KEYS] for row in rows])
    colors = LinearSegmentedColormap.from_list("recall", RECALL_COLORS)
    axes.pcolormesh(recalls, cmap=colors, vmin=WORST_RECALL, vmax=1.0, edgecolors="white", linewidth=2)
    axes.invert_yaxis()
    for y, row in enumerate(rows):
        for x, key in enumerate(FIELD_KEYS):
            if (recall := row[key].recall) is not None:
                axes.text(x + 0.5, y + 0.42, f"{recall:.3f}", ha="center", va="center", fontsize=9, color=INK)
                axes.text(x + 0.5, y + 0.78, f"n {row[key].labelled}", ha="center", va="center", fontsize=6, color=INK)
    axes.set_xticks([x + 0.5 for x in range(len(FIELD_KEYS))], FIELD_KEYS)
    axes.set_yticks([y + 0.5 for y in range(len(names))], names)
    axes.xaxis.tick_top()
    axes.set_title("Recall", color=INK, fontsize=11)
    _plain(axes)
    figure.savefig(path, dpi=DPI)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _plain(axes: "Axes") -> None:
    """No frame, quiet ticks."""
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(colors=INK, length=0)
    axes.set_axisbelow(True)
