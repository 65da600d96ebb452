"""The questions that a document is asked.

In: configs/questions.yaml. Out: one `Question` a field, in the order of FIELD_KEYS, or of EXTRA_KEYS.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from lib.document import EXTRA_KEYS, FIELD_KEYS, Question
from lib.errors import StartupError

QUESTIONS = Path(__file__).parent.parent / "configs" / "questions.yaml"


def load_questions(path: Path = QUESTIONS, *, keys: Sequence[str] = FIELD_KEYS) -> tuple[Question, ...]:
    """Read the questions for some fields, by default the six.

    Raises:
        StartupError: The file cannot be read, or does not ask exactly one question for each field.
    """
    try:
        texts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as exc:
        raise StartupError(f"The questions in {path} cannot be read: {exc}") from exc
    if not isinstance(texts, dict) or set(texts) != {*FIELD_KEYS, *EXTRA_KEYS}:
        known = ", ".join((*FIELD_KEYS, *EXTRA_KEYS))
        raise StartupError(f"{path} must have exactly one question for each of {known}.")
    if not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise StartupError(f"Every question in {path} must be a text.")
    return tuple(Question(key, texts[key].strip()) for key in keys)
