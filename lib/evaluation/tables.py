"""Figures as Markdown tables that are the same whenever the answers are: no times, no dates, a fixed order.

In: judged documents, or figures about them. Out: Markdown. They hold figures only, nothing that a document says.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lib.document import FIELD_KEYS, FieldKey
from lib.evaluation.assurance import SURE, Assurance, assure
from lib.evaluation.calibration import Calibration, calibrate
from lib.evaluation.dataset import LabelledDocument
from lib.evaluation.failures import FailureClass, classify
from lib.evaluation.grouping import medium_of, place_of
from lib.evaluation.scoring import Judged, StratumSummary, Summary, Tally, summaries_by, summarize

NOTHING = "-"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is aligned left and every other one right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(value: float | None) -> str:
    """A share with three decimals."""
    return NOTHING if value is None else f"{value:.3f}"


def summary_table(summary: Summary, calibration: Calibration, assurance: Assurance) -> str:
    """The headline figures; what nobody stated is left out."""
    rows = [
        ("documents", str(summary.documents)),
        ("failed", str(summary.failed)),
        ("micro recall (all labelled fields alike)", share(summary.all_fields.recall)),
        ("macro recall (mean over the strata)", share(summary.macro_recall)),
        ("precision", share(summary.all_fields.precision)),
        ("perfect documents (every labelled field right)", share(summary.perfect_documents)),
        ("expected calibration error", share(calibration.expected_error)),
    ]
    if summary.all_fields.absent:
        absent = f"{summary.all_fields.invented} of {summary.all_fields.absent}"
        rows.append(("invented, of the fields that a document does not state", absent))
    if assurance.sure:
        rows += [
            (f"answers with a confidence of {SURE} and more that are right", share(assurance.confident_right)),
            ("their share of all answers", share(assurance.confident_share)),
        ]
    if assurance.unreviewed:
        rows += [
            ("documents that need no review that are perfect", share(assurance.no_review_right)),
            ("their share of all documents", share(assurance.no_review_share)),
        ]
    return markdown_table(("figure", "value"), rows)


def field_table(summary: Summary) -> str:
    """Every field over all strata."""
    rows = [
        (key, str(tally.labelled), str(tally.answered), str(tally.right), share(tally.recall), share(tally.precision))
        for key, tally in summary.fields.items()
    ]
    return markdown_table(("field", "labelled", "answered", "right", "recall", "precision"), rows)


def stratum_table(summary: Summary) -> str:
    """Every stratum: documents, perfect ones, and recall / precision of each field."""
    rows = [
        (
            name,
            str(stratum.documents),
            share(stratum.perfect / stratum.labelled if stratum.labelled else None),
            share(stratum.all_fields.recall),
            *(_cell(stratum.fields[key]) for key in FIELD_KEYS),
        )
        for name, stratum in summary.strata.items()
    ]
    return markdown_table(("stratum", "documents", "perfect", "recall", *FIELD_KEYS), rows)


def group_table(groups: Mapping[str, StratumSummary], *, name: str) -> str:
    """Groups of documents: how many, how many are perfect, and recall and precision over all fields."""
    rows = [
        (
            group,
            str(members.documents),
            share(members.perfect / members.labelled if members.labelled else None),
            str(members.all_fields.labelled),
            share(members.all_fields.recall),
            share(members.all_fields.precision),
        )
        for group, members in groups.items()
    ]
    return markdown_table((name, "documents", "perfect", "labelled fields", "recall", "precision"), rows)


def group_tables(judged: Sequence[Judged]) -> list[str]:
    """By medium, and by country or language; a table with one row alone is left out."""
    kinds = (("medium", medium_of), ("country or language", place_of))
    grouped = [(name, summaries_by(judged, group_of)) for name, group_of in kinds]
    return [group_table(groups, name=name) for name, groups in grouped if len(groups) > 1]


def _cell(tally: Tally) -> str:
    if not tally.labelled:
        return NOTHING
    return f"{share(tally.recall)} / {share(tally.precision)} (n {tally.labelled})"


def calibration_table(calibration: Calibration) -> str:
    """Every bin that has answers."""
    rows = [
        (f"{bin_.low:.1f} - {bin_.high:.1f}", str(bin_.answers), share(bin_.confidence), share(bin_.accuracy))
        for bin_ in calibration.bins
        if bin_.answers
    ]
    return markdown_table(("confidence", "answers", "mean confidence", "right"), rows)


def failure_table(counts: Mapping[FieldKey, Counter[FailureClass]]) -> str:
    """Every failure class that occurs, the most frequent first."""
    totals: Counter[FailureClass] = sum(counts.values(), Counter())
    order = sorted(totals, key=lambda each: (-totals[each], list(FailureClass).index(each)))
    rows = [
        (each.value, *(str(counts.get(key, Counter())[each] or NOTHING) for key in FIELD_KEYS), str(totals[each]))
        for each in order
    ]
    return markdown_table(("why a field is not right", *FIELD_KEYS, "all"), rows)


def source_table(documents: Iterable[LabelledDocument]) -> str:
    """Where the documents come from, and under which license."""
    groups = Counter((d.source, d.license) for d in documents)
    with_file = Counter((d.source, d.license) for d in documents if d.path)
    rows = [
        (source, license_, str(groups[source, license_]), str(with_file[source, license_]))
        for source, license_ in sorted(groups)
    ]
    return markdown_table(("source", "license", "documents", "with a file"), rows)


def figures(judged: Sequence[Judged]) -> str:
    """All tables of one evaluation, as they are committed."""
    summary, calibration = summarize(judged), calibrate(outcome for one in judged for outcome in one.outcomes)
    parts = [summary_table(summary, calibration, assure(judged)), field_table(summary), *group_tables(judged)]
    parts.append(stratum_table(summary))
    if calibration.answers:
        parts.append(calibration_table(calibration))
    if counts := classify(judged):
        parts.append(failure_table(counts))
    return "\n\n".join(parts)


def update_section(path: Path, *, section: str, content: str) -> None:
    """Put content between `<!-- table:SECTION -->` and `<!-- /table:SECTION -->` of a Markdown file.

    Raises:
        ValueError: The file does not have that pair of markers, once.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- table:{section} -->", f"<!-- /table:{section} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(
            f"{path} needs the lines {begin} and {end}, once and in this order; add them where it belongs."
        )
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text(f"{before}{begin}\n{content}\n{end}{after}", encoding="utf-8")
