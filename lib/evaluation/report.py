"""The report of one evaluation: Markdown with charts, and pictures of the documents that went worst.

In: judged documents. Out: NAME.md and a folder NAME/ of PNG files beside it. It quotes documents: it is for who
evaluates, not for a repository; what may be committed are the tables of tables.py.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TypeAlias

from lib.evaluation import tables
from lib.evaluation.assurance import assure
from lib.evaluation.calibration import Calibration, calibrate
from lib.evaluation.cards import judged_cards
from lib.evaluation.charts import draw_calibration, draw_recall
from lib.evaluation.failures import classify, failure_of
from lib.evaluation.pictures import PageView, draw_document
from lib.evaluation.scoring import Judged, Summary, summarize

SLOWEST = 10

Views: TypeAlias = Callable[[Judged], Awaitable[Sequence[PageView]]]
"""The page pictures of a judged document; none where there is nothing to draw on."""


async def write_report(
    folder: Path, *, name: str, judged: Sequence[Judged], how: str, worst: int, views: Views
) -> Path:
    """Write the report.

    Args:
        folder: Where to; made if it is not there.
        name: Of the Markdown file and of the folder of its pictures.
        judged: Every document.
        how: One sentence on what was evaluated.
        worst: How many documents to draw.
        views: Their pages.

    Returns:
        The Markdown file.
    """
    pictures = folder / name
    pictures.mkdir(parents=True, exist_ok=True)
    summary, calibration = summarize(judged), calibrate(outcome for one in judged for outcome in one.outcomes)
    parts = [f"# Evaluation: {name}", how, *_figures(judged, summary, calibration, pictures)]
    parts += [*_times(judged), *_failed(judged)]
    parts.append(f"## The {worst} documents that went worst")
    for number, one in enumerate(worst_first(judged)[:worst], start=1):
        picture = pictures / f"worst-{number:02d}-{re.sub(r'[^A-Za-z0-9]+', '-', one.document.id)}.png"
        parts += await _worst(one, number, picture, views)
    path = folder / f"{name}.md"
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def worst_first(judged: Sequence[Judged]) -> list[Judged]:
    """The answered documents that are not perfect: most wrong fields first, of equals the most self-assured first."""
    imperfect = [one for one in judged if not one.perfect and one.prediction.error is None]
    return sorted(imperfect, key=lambda one: (-_count_wrong(one), -_misplaced_confidence(one), one.document.id))


def _count_wrong(one: Judged) -> int:
    return sum(outcome.verdict != "right" for outcome in one.outcomes)


def _misplaced_confidence(one: Judged) -> float:
    return max((o.answered.confidence or 0.0 for o in one.outcomes if o.verdict == "wrong"), default=0.0)


def _figures(judged: Sequence[Judged], summary: Summary, calibration: Calibration, pictures: Path) -> list[str]:
    draw_recall(summary, pictures / "recall.png")
    parts = [
        tables.summary_table(summary, calibration, assure(judged)),
        f"![Recall by stratum and field]({pictures.name}/recall.png)",
        "## Fields",
        tables.field_table(summary),
        *tables.group_tables(judged),
        "## Strata",
        "Recall / precision of each field, and how many labels they rest on.",
        tables.stratum_table(summary),
    ]
    if calibration.answers:
        draw_calibration(calibration, pictures / "calibration.png")
        parts += ["## Calibration", f"![Calibration]({pictures.name}/calibration.png)"]
        parts.append(tables.calibration_table(calibration))
    if counts := classify(judged):
        parts += ["## Failure classes", tables.failure_table(counts)]
    return parts


def _times(judged: Sequence[Judged]) -> list[str]:
    """Milliseconds by stage, and the slowest documents."""
    timed = [one for one in judged if one.prediction.seconds]
    if not timed:
        return []
    parts = ["## Time"]
    if stages := _stages([one.prediction.timings_ms for one in timed]):
        parts.append(tables.markdown_table(("stage", "documents", "median ms", "95 % under ms"), stages))
    slowest = sorted(timed, key=lambda one: (-one.prediction.seconds, one.document.id))[:SLOWEST]
    rows = [(o.document.id, o.document.stratum, _pages(o), f"{o.prediction.seconds:.2f}") for o in slowest]
    parts.append(tables.markdown_table(("slowest documents", "stratum", "pages", "seconds"), rows))
    return parts


def _stages(timings: Sequence[Mapping[str, float]]) -> list[tuple[str, str, str, str]]:
    rows = []
    for stage in dict.fromkeys(stage for timing in timings for stage in timing):
        times = sorted(timing[stage] for timing in timings if stage in timing)
        rows.append((stage, str(len(times)), f"{median(times):.1f}", f"{times[int(0.95 * (len(times) - 1))]:.1f}"))
    return rows


def _pages(one: Judged) -> str:
    return str(len(one.prediction.document.pages)) if one.prediction.document else tables.NOTHING


def _failed(judged: Sequence[Judged]) -> list[str]:
    rows = [(o.document.id, o.document.stratum, o.prediction.error) for o in judged if o.prediction.error is not None]
    return ["## Failed", tables.markdown_table(("document", "stratum", "error"), rows)] if rows else []


async def _worst(one: Judged, number: int, picture: Path, views: Views) -> list[str]:
    """One document: its picture and what went wrong."""
    parts = [f"### {number}. {one.document.id} ({one.document.stratum})"]
    if pages := await views(one):
        title, cards = one.document.id, judged_cards(one)
        draw_document(picture, title=title, subtitle=one.document.stratum, views=pages, cards=cards)
        parts.append(f"![{one.document.id}]({picture.parent.name}/{picture.name})")
    rows = [
        (
            outcome.key,
            _cell(outcome.truth),
            _cell(outcome.answered.value),
            tables.share(outcome.answered.confidence),
            outcome.answered.problem or tables.NOTHING,
            "right" if outcome.verdict == "right" else failure_of(outcome, one).value,
        )
        for outcome in one.outcomes
    ]
    parts.append(tables.markdown_table(("field", "true", "answered", "confidence", "problem", "why"), rows))
    return parts


def _cell(value: object) -> str:
    """A value that cannot break the table it stands in."""
    return tables.NOTHING if value is None else str(value).replace("|", "\\|").replace("\n", " ")
