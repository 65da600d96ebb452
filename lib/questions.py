"""The questions that a document is asked.

In: configs/questions.yaml. Out: one `Question` a field, in the order of FIELD_KEYS, of EXTRA_KEYS, or of ASKED_DETAILS.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from lib.document import EXTRA_KEYS, FIELD_KEYS, Question
from lib.errors import StartupError
from lib.extraction import ASKED_DETAILS

QUESTIONS = Path(__file__).parent.parent / "configs" / "questions.yaml"

_DETAILS: Final = "details"
"""The section of the questions for the details; those for fields stand at the top."""


def load_questions(path: Path = QUESTIONS, *, keys: Sequence[str] = FIELD_KEYS) -> tuple[Question, ...]:
    """Read the questions for some fields, by default the six.

    Raises:
        StartupError: The file cannot be read, or does not ask exactly one question for each field and detail.
    """
    texts = _texts(path)
    return tuple(Question(key, texts[key].strip()) for key in keys)


def load_detail_questions(path: Path = QUESTIONS) -> tuple[Question, ...]:
    """Read the questions for ASKED_DETAILS; a key is the detail's path with "_" for the point.

    Raises:
        StartupError: As `load_questions`.
    """
    texts = _texts(path)[_DETAILS]
    return tuple(Question(detail.replace(".", "_"), texts[detail].strip()) for detail in ASKED_DETAILS)


def _texts(path: Path) -> Mapping[str, Any]:
    try:
        texts: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as exc:
        raise StartupError(f"The questions in {path} cannot be read: {exc}") from exc
    _require_questions(texts, (*FIELD_KEYS, *EXTRA_KEYS, _DETAILS), path)
    _require_questions(texts[_DETAILS], ASKED_DETAILS, path)
    return texts


def _require_questions(texts: object, keys: Sequence[str], path: Path) -> None:
    if not isinstance(texts, dict) or set(texts) != set(keys):
        raise StartupError(f"{path} must have exactly one question for each of {', '.join(keys)}.")
    if not all(isinstance(text, str) and text.strip() for key, text in texts.items() if key != _DETAILS):
        raise StartupError(f"Every question in {path} must be a text.")
