"""How generated text becomes an answer."""

import math

import pytest

from apps.tilt_api.answers import read_answer
from apps.tilt_api.engine import EngineFailed, Output
from lib.pipelines.tilt.protocol import MAX_VALUES, FinishReason


def output(text: str, *, finish_reason: FinishReason | None = "stop", logprobs: tuple[float, ...] = (-0.5,)) -> Output:
    """A finished output."""
    return Output(text, logprobs, finish_reason)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("12.00", ("12.00",), id="one"),
        pytest.param(" A | B|C ", ("A", "B", "C"), id="several"),
        pytest.param("", (), id="empty"),
        pytest.param("None", (), id="none"),
        pytest.param(" NONE ", (), id="none-in-capitals"),
        pytest.param("none | None", (), id="two-nones"),
        pytest.param("5 | None | ", ("5",), id="none-among-values"),
        pytest.param("Nonesuch", ("Nonesuch",), id="a-name-that-begins-so"),
    ],
)
def test_answer_of_finished_text_has_the_values_that_are_meant(text: str, values: tuple[str, ...]) -> None:
    """The text is split at the separator; what means "no answer" is none, and its confidence stays."""
    answer = read_answer("total", output(text))

    assert answer.values == values
    assert answer.confidence == pytest.approx(math.exp(-0.5))


@pytest.mark.parametrize(
    ("text", "values", "settled"),
    [
        pytest.param("5 | 6", ("5", "6"), "5", id="last-value-cut"),
        pytest.param("5 |", ("5", ""), "5", id="cut-behind-the-separator"),
        pytest.param("5 | None", ("5", "None"), "5", id="cut-behind-none"),
        pytest.param("12.0", ("12.0",), None, id="only-value-cut"),
    ],
)
def test_answer_of_cut_text_keeps_its_last_part(text: str, values: tuple[str, ...], settled: str | None) -> None:
    """Whoever reads the answer drops the part that was cut, and no whole one instead of it."""
    answer = read_answer("total", output(text, finish_reason="length"))

    assert answer.values == values
    assert answer.settle()[0] == settled


def test_confidence_of_an_answer_is_that_of_its_least_sure_token() -> None:
    """The least log-probability decides, as a probability."""
    answer = read_answer("total", output("5", logprobs=(-0.1, -2.0, -0.3)))

    assert answer.confidence == pytest.approx(math.exp(-2.0))


def test_confidence_above_one_by_rounding_is_one() -> None:
    """Computed in 16 bits, a sure token may come out as a little more than sure."""
    assert read_answer("total", output("5", logprobs=(1e-6,))).confidence == 1.0


def test_answer_without_a_token_says_so() -> None:
    """A document beyond the engine's memory is finished at once, without a token: no value, no confidence."""
    answer = read_answer("total", output("", finish_reason="length", logprobs=()))

    assert (answer.values, answer.confidence, answer.finish_reason) == ((), 0.0, "length")


def test_answer_of_separators_only_fits_the_protocol() -> None:
    """However the model stutters, its answer can be sent."""
    answer = read_answer("total", output("a|" * (MAX_VALUES + 8), finish_reason="length"))

    assert len(answer.values) == MAX_VALUES


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(output("5", finish_reason=None), id="unfinished"),
        pytest.param(output("5", logprobs=(-0.1, math.nan)), id="not-a-number"),
        pytest.param(output("5", logprobs=(math.nan, -0.1)), id="not-a-number-first"),
    ],
)
def test_output_that_is_no_answer_is_a_failure(broken: Output) -> None:
    """Nothing is made of what the engine did not finish or could not compute."""
    with pytest.raises(EngineFailed):
        read_answer("total", broken)
