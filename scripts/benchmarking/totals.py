"""Whether speed is paid for with wrong totals: every engine's words, asked by one reader.

In: labelled images, and what an engine found on each. Out: how many totals are right. The peers give
words only; our embedded reader and rules turn all of them into fields, so that the words alone make the difference.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lib.document import OcrDocument, Page, Span
from lib.evaluation.prediction import from_extraction
from lib.evaluation.scoring import judge
from lib.extraction import Extraction
from lib.pipelines.tilt_prep import assemble
from scripts.benchmarking.documents import Sample, decoded


@dataclass(frozen=True, slots=True)
class Totals:
    """Right ones among labelled ones."""

    right: int
    labelled: int

    @property
    def written(self) -> str:
        """As `9 of 10`."""
        return f"{self.right} of {self.labelled}"


def document_of(sample: Sample, spans: Iterable[Span]) -> OcrDocument:
    """A page of which somebody found these lines."""
    height, width = decoded(sample).shape[:2]
    return assemble([Page(0, width, height, "ocr", spans=tuple(spans))])


def score_totals(samples: Sequence[Sample], answer: Callable[[Sample], Extraction]) -> Totals:
    """The totals of the labelled samples.

    Args:
        samples: Labelled or not.
        answer: The fields of one.
    """
    labels = {sample.label.id: sample for sample in samples if sample.label}
    predictions = {key: from_extraction(key, answer(sample), seconds=0.0) for key, sample in labels.items()}
    documents = [sample.label for sample in labels.values() if sample.label]
    outcomes = [outcome for one in judge(documents, predictions) for outcome in one.outcomes if outcome.key == "total"]
    return Totals(sum(outcome.verdict == "right" for outcome in outcomes), len(outcomes))
