"""The questions that a document is asked.

In: configs/questions.yaml. Out: one `Question` a field, in the order of FIELD_KEYS.
"""

from pathlib import Path

import yaml

from lib.document import FIELD_KEYS, Question
from lib.errors import StartupError

QUESTIONS = Path(__file__).parent.parent / "configs" / "questions.yaml"


def load_questions(path: Path = QUESTIONS) -> tuple[Question, ...]:
    """Read the questions.

    Raises:
        StartupError: The file cannot be read, or does not ask exactly one question for each field.
    """
    try:
        texts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as exc:
        raise StartupError(f"The questions in {path} cannot be read: {exc}") from exc
    if not isinstance(texts, dict) or set(texts) != set(FIELD_KEYS):
        raise StartupError(f"{path} must have exactly one question for each of {', '.join(FIELD_KEYS)}.")
    if not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise StartupError(f"Every question in {path} must be a text.")
    return tuple(Question(key, texts[key].strip()) for key in FIELD_KEYS)
