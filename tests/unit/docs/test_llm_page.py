"""docs/llm.md says what is true."""

from lib.pipelines.llm.answers import CONFIDENCE
from lib.pipelines.llm.dialect import MOST_IMAGES
from lib.pipelines.llm.images import MOST_PIXELS
from scripts.mock_openai.shapes import SHAPES
from tests.markdown import page

PAGE = "llm.md"


def test_numbers_are_those_of_the_code() -> None:
    """What stands in sentences."""
    text = page(PAGE).replace("\n", " ")

    assert f"at most {MOST_IMAGES} a request, {MOST_PIXELS / 1e6:g} million pixels each" in text
    assert f"Confidence begins at {CONFIDENCE:g}" in text
    assert f"answers in {len(SHAPES)} odd shapes" in text
