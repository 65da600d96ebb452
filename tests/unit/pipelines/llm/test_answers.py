"""What models say, read as far as it is an answer."""

import json
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis import settings as tried

from lib.document import FIELD_KEYS, Question
from lib.errors import TiltProtocolError
from lib.pipelines.llm.answers import read_answers
from lib.pipelines.llm.completion import ErrorAnswer, Said, read_completion
from lib.pipelines.llm.json_text import MOST_STARTS, find_object

QUESTIONS = (Question("total", "?"), Question("invoice_number", "?"))


def texts(text: str, **said: Any) -> list[str | None]:  # noqa: ANN401
    """The answers to QUESTIONS."""
    return [answer.text for answer in read_answers(Said(text, **said), QUESTIONS)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.234,50 EUR", "1.234,50 EUR"),
        (" 119.00\n", "119.00"),
        (119, "119.00"),
        (1234.5, "1234.50"),
        (1.125, "1.1250"),
        (0, "0.00"),
        (1e400, None),
        (None, None),
        ("None", None),
        ("N/A", None),
        ("null", None),
        ("", None),
        (True, None),
        ({"value": "119.00", "page": 1}, "119.00"),
        ({"amount": "119.00"}, None),
        ([None, "119.00"], "119.00"),
        ([], None),
        ("\ud800119", "?119"),
        ("9" * 3000, None),
    ],
)
def test_value_is_a_text_or_none(value: Any, text: str | None) -> None:  # noqa: ANN401
    """Whatever type a model gives it."""
    assert texts(json.dumps({"total": value, "invoice_number": "A1"})) == [text, "A1"]


def test_number_that_is_no_amount_gets_no_cents() -> None:
    """An invoice number may come as a JSON number."""
    assert texts('{"total": 5, "invoice_number": 20260001}') == ["5.00", "20260001"]


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"total": "1", "invoice_number": "2"}\n```',
        'Here {it} is: {"total": "1", "invoice_number": "2"} {bye}',
        '<think>{"total": "9", "invoice_number": "9"}</think>{"total": "1", "invoice_number": "2"}',
        '{"fields": {"Total": "1", "Invoice Number": "2"}}',
        '{"total": "1", "invoice_number": "2",}',
        '[{"total": "1", "invoice_number": "2"}]',
        '{"total": "9"} no, {"total": "1", "invoice_number": "2"}',
        '{"total": "1", "invoice_number": "2", "why": {"total": "9"}, "more": "\\',
    ],
    ids=["fence", "talk", "thought", "nested", "comma", "list", "corrected", "broken behind"],
)
def test_object_is_found_in_what_stands_around_it(text: str) -> None:
    """The one with most of the keys, the last of several."""
    assert texts(text) == ["1", "2"]


def test_answer_that_is_cut_keeps_its_whole_pairs() -> None:
    """And says of the others that they are missing because of the cut."""
    total, number = read_answers(Said('{"total": "119.00", "invoice_num', is_cut=True), QUESTIONS)

    assert (total.text, number.text, number.reason) == ("119.00", None, "truncated")


def test_number_at_the_very_end_of_a_cut_answer_is_none() -> None:
    """Digits may be missing: 119 of 1190."""
    assert find_object('{"invoice_number": "A", "total": 119', ["total", "invoice_number"]) == {"invoice_number": "A"}


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (Said(""), "answered nothing"),
        (Said("", reasoning="Hm."), "reasoning"),
        (Said("", is_refused=True), "refused"),
        (Said("<think>Well", is_cut=True), "TILT_MAX_TOKENS"),
        (Said("The total is 5."), "without JSON"),
        (Said('{"other": 1}'), "without JSON"),
    ],
    ids=["nothing", "reasoning", "refusal", "cut", "prose", "other keys"],
)
def test_nonsense_is_an_error_that_names_its_cause(said: Said, cause: str) -> None:
    """So that an operator knows what to change."""
    with pytest.raises(TiltProtocolError, match=cause):
        read_answers(said, QUESTIONS)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"<html>", "HTML"),
        (b"", "nothing"),
        (b"data: {}", "stream"),
        (b'{"choices": [', "half"),
        (b"[]", "no object"),
        (b'{"choices": []}', "no chat completion"),
        (b'{"choices": ["x"]}', "no chat completion"),
        (b"[" * 100_000, "something else"),
    ],
)
def test_what_is_no_completion_is_named(content: bytes, cause: str) -> None:
    """A proxy's page, a stream, half of an answer."""
    with pytest.raises(TiltProtocolError, match=cause):
        read_completion(content)


@pytest.mark.parametrize("body", [{"error": "x"}, {"object": "error", "message": "x"}])
def test_error_with_status_200_is_an_error(body: dict[str, Any]) -> None:
    """Some servers answer so."""
    with pytest.raises(ErrorAnswer):
        read_completion(json.dumps(body).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["content", "text", "type"]), inner),
    max_leaves=6,
)


@tried(max_examples=50)
@given(
    st.dictionaries(st.sampled_from(["content", "tool_calls", "refusal", "reasoning_content"]), JSON),
    JSON,
    JSON,
)
def test_message_of_any_shape_is_read_or_refused(message: Any, usage: Any, finish: Any) -> None:  # noqa: ANN401
    """No JSON that a server can send is a defect of ours."""
    body = {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}
    try:
        answers = read_answers(read_completion(json.dumps(body).encode()), QUESTIONS)
    except TiltProtocolError:
        return
    assert [answer.key for answer in answers] == ["total", "invoice_number"]


@given(st.text('{}[]":, abtotal019.\\', max_size=300))
def test_text_of_any_kind_gives_wanted_keys_only(text: str) -> None:
    """Braces and quotes in any order."""
    found = find_object(text, FIELD_KEYS)

    assert found is None or set(found) <= set(FIELD_KEYS)


@pytest.mark.parametrize("piece", ["{", '{"a":', '{"total": 1, ', "[{", '{"total": [', "</think>"])
def test_text_of_many_braces_is_given_up_soon(piece: str) -> None:
    """However long it is: a bounded number of places is tried, and no depth ends the process."""
    assert find_object(piece * 30_000, ["total"]) in (None, {"total": Decimal(1)})
    assert MOST_STARTS <= 1000
