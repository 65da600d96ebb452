"""Whether speed is paid for with wrong fields: what each contender answers, or its words, asked by one reader.

In: labelled pages, and what a contender found on each. Out: how many labelled fields are right, by the rules of
lib/evaluation. Peers give words only; our embedded reader and rules turn all of them into fields, so that the words
alone make the difference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lib.document import OcrDocument, Page
from lib.evaluation.prediction import Prediction, from_extraction
from lib.evaluation.scoring import judge_one
from lib.extraction import Extraction
from lib.pipelines.tilt_prep import assemble
from scripts.benchmarking.documents import Sample, decoded
from scripts.benchmarking.rounds import Lines, Reading


@dataclass(frozen=True, slots=True)
class FieldsRight:
    """Right ones among labelled ones."""

    right: int
    labelled: int

    @property
    def written(self) -> str:
        """As `9 of 10`."""
        return f"{self.right} of {self.labelled}"


def document_of(sample: Sample, lines: Lines) -> OcrDocument:
    """A page of which somebody found these lines."""
    height, width = decoded(sample).shape[:2]
    return assemble([Page(0, width, height, "ocr", spans=lines)])


def score_fields(
    samples: Sequence[Sample], readings: Sequence[Reading], answer: Callable[[OcrDocument], Extraction]
) -> FieldsRight | None:
    """How many fields of the labelled samples are right; None where no sample has a label, or nothing was read.

    Args:
        samples: Labelled or not.
        readings: Of each of them.
        answer: The fields of a document.
    """
    right = labelled = 0
    for sample, reading in zip(samples, readings, strict=True):
        if sample.label is None or reading is None:
            continue
        outcomes = judge_one(sample.label, _prediction(sample, reading, answer)).outcomes
        right += sum(outcome.verdict == "right" for outcome in outcomes)
        labelled += len(outcomes)
    return FieldsRight(right, labelled) if labelled else None


def _prediction(sample: Sample, reading: Prediction | Lines, answer: Callable[[OcrDocument], Extraction]) -> Prediction:
    if isinstance(reading, Prediction):
        return reading
    return from_extraction(sample.name, answer(document_of(sample, reading)), seconds=0.0)
