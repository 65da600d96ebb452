"""Labelled documents as the reader sees them.

In: folders with manifest.jsonl, and the folder of documents that were kept (see keeping.py). Out: OCR documents with
their labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lib.document import OcrDocument
from lib.evaluation.boxes import read_boxes
from lib.evaluation.dataset import LabelledDocument, load_folder
from lib.pipelines.mirroring import facing_right
from lib.pipelines.tilt_prep import assemble
from scripts.reader_training.keeping import AS_SCAN, PDF, keep_documents, kept_document


@dataclass(frozen=True, slots=True)
class Labelled:
    """One document and what it says.

    Attributes:
        label: What it says, and where it comes from.
        document: Its words, as they are handed to the reader.
        root: The folder that it is from; synthetic documents have none.
    """

    label: LabelledDocument
    document: OcrDocument
    root: Path | None = None

    @property
    def id(self) -> str:
        """As in the manifest."""
        return self.label.id

    @property
    def is_scan(self) -> bool:
        """Whether it is a PDF that was read as an image-only scan."""
        return self.id.endswith(AS_SCAN)


def load(root: Path, *, kept: Path, scans: bool = False) -> Iterator[Labelled]:
    """Every document of a folder that can be read; files are read by the service's own pipeline, once.

    Args:
        root: Has manifest.jsonl.
        kept: Where read documents are kept.
        scans: Its PDFs a second time, as image-only scans, with AS_SCAN behind their ids.

    Raises:
        LabelledFolderError: The folder cannot be read.
    """
    labels = list(load_folder(root))
    if scans:
        labels += as_scans(labels)
    keep_documents(labels, kept)
    for label in labels:
        document = _from_boxes(label) if label.path is None else kept_document(kept, label.id)
        if document is not None and label.labelled:
            yield Labelled(label, facing_right(document), root)


def as_scans(labels: Sequence[LabelledDocument]) -> list[LabelledDocument]:
    """The PDFs among them, as image-only scans."""
    return [replace(label, id=label.id + AS_SCAN) for label in labels if label.media_type == PDF]


def _from_boxes(label: LabelledDocument) -> OcrDocument | None:
    return assemble([read_boxes(label.boxes)]) if label.boxes else None
