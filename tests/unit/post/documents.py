"""Documents for the rules' tests, and fields taken out of what the rules return."""

from collections.abc import Sequence

from lib.document import Answer, Field, OcrDocument
from lib.post.evidence import Evidence
from lib.post.rules import normalize
from tests.unit.layout_reader.documents import document_of


def evidence_of(*pages: str) -> Evidence:
    """What a document of these pages says."""
    return Evidence.of(document_of(*pages))


def answers_of(confidence: float = 0.8, **texts: str | None) -> tuple[Answer, ...]:
    """One answer for each keyword argument."""
    return tuple(Answer(key, text, confidence, reason=None if text else "not_found") for key, text in texts.items())


def normalized(document: str | OcrDocument, confidence: float = 0.8, **texts: str | None) -> dict[str, Field]:
    """The fields that the rules make of these answers, by key."""
    read = document_of(document) if isinstance(document, str) else document
    return by_key(normalize(answers_of(confidence, **texts), document=read))


def by_key(fields: Sequence[Field]) -> dict[str, Field]:
    """The fields by key."""
    return {field.key: field for field in fields}
