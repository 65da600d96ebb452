"""The questions file and what is refused in one."""

from pathlib import Path

import pytest

from lib.document import EXTRA_KEYS, FIELD_KEYS
from lib.errors import StartupError
from lib.extraction import ASKED_DETAILS
from lib.pipelines.tilt.protocol import MAX_QUESTIONS, TiltQuestion
from lib.questions import load_detail_questions, load_questions


def test_questions_of_the_house_are_one_a_field_that_the_protocol_takes() -> None:
    """Each is short plain English that fits the wire."""
    details = load_detail_questions()
    questions = (*load_questions(), *load_questions(keys=EXTRA_KEYS), *details)

    assert len(details) <= MAX_QUESTIONS
    assert tuple(question.key for question in questions) == (
        *FIELD_KEYS,
        *EXTRA_KEYS,
        *(path.replace(".", "_") for path in ASKED_DETAILS),
    )
    for question in questions:
        assert TiltQuestion(key=question.key, text=question.text).text.endswith("?")
        assert len(question.text.split()) <= 15


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("total: What?", id="keys-missing"),
        pytest.param("\n".join(f"{key}: What?" for key in (*FIELD_KEYS, *EXTRA_KEYS, "po_number")), id="key-too-many"),
        pytest.param("\n".join(f"{key}: 7" for key in (*FIELD_KEYS, *EXTRA_KEYS)), id="no-text"),
        pytest.param("\n".join(f"{key}: ' '" for key in (*FIELD_KEYS, *EXTRA_KEYS)), id="blank"),
        pytest.param("a: [", id="no-yaml"),
        pytest.param("\n".join(f"{key}: What?" for key in (*FIELD_KEYS, *EXTRA_KEYS, "details")), id="no-details"),
    ],
)
def test_questions_file_of_another_shape_stops_the_start(content: str, tmp_path: Path) -> None:
    """The message names the file."""
    path = tmp_path / "questions.yaml"
    path.write_text(content)

    with pytest.raises(StartupError, match=r"questions\.yaml"):
        load_questions(path)


def test_questions_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    """No file, no start."""
    with pytest.raises(StartupError, match="cannot be read"):
        load_questions(tmp_path / "none.yaml")
