"""The odd ways in which servers and models answer a chat request, by name.

In: a right completion. Out: another one. Each is one that some server or model of the wild gives.

    fence            JSON in a Markdown fence                 content_parts     content is a list of text parts
    text_before      talk before the JSON                     content_object    content is an object
    text_behind      talk with braces behind it               reasoning_field   reasoning_content beside the content
    further_keys     keys that nobody asked for               reasoning_parts   a thinking part before the text part
    other_case       "Tax Amount" for tax_amount              reasoning_only    everything in reasoning_content
    nested           the object inside of another one         thinking_tags     <think> with a draft of JSON in it
    numbers          amounts as JSON numbers                  tool_calls_null   null where a list is usual
    lists            every value in a list                    tool_call         the JSON as a tool call's arguments
    null_words       "None", "N/A", "null" for null           usage_null        usage is null
    trailing_comma   a comma too many                         usage_odd         usage with texts and objects in it
    key_cut          finish_reason length within the JSON     no_usage          no usage, no id, no created
    refusal          the model refuses                        thinking_cut      cut off while it thinks
    no_content       content is null                          prose             no JSON at all
    blank            content is ""                            no_choices        choices is []
    stream           events, which nobody asked for           model_missing     404 for every model
"""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

Body = dict[str, Any]


def _content(body: Body) -> str:
    content: str = body["choices"][0]["message"]["content"]
    return content


def _with_content(body: Body, content: Any, **message: Any) -> Body:  # noqa: ANN401 - any JSON
    changed = deepcopy(body)
    changed["choices"][0]["message"] |= {"content": content} | message
    return changed


def _values(change: Callable[[Body], Any]) -> Callable[[Body], Body]:
    """A shape that writes the values otherwise."""

    def shape(body: Body) -> Body:
        return _with_content(body, json.dumps(change(json.loads(_content(body))), ensure_ascii=False))

    return shape


def _text(change: Callable[[str], Any]) -> Callable[[Body], Body]:
    """A shape that puts something around the JSON."""

    def shape(body: Body) -> Body:
        return _with_content(body, change(_content(body)))

    return shape


def _as_number(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """An amount in the way of its document as a number, as models write it."""
    digits = "".join(c for c in str(value) if c in "0123456789.,-")
    head, mark, tail = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    whole = "".join(c for c in head if c in "0123456789-")
    return float(f"{whole or 0}.{tail}") if mark and tail.isdigit() and len(tail) < 3 else value  # noqa: PLR2004


def _numbers(values: Body) -> Body:
    amounts = ("subtotal", "tax_amount", "total")
    return {key: _as_number(value) if key in amounts and value else value for key, value in values.items()}


def _null_words(values: Body) -> Body:
    words = ("None", "N/A", "null", "Not found", "")
    return {key: words[i % len(words)] if value is None else value for i, (key, value) in enumerate(values.items())}


def _cut(body: Body, content: str) -> Body:
    changed = _with_content(body, content)
    changed["choices"][0]["finish_reason"] = "length"
    return changed


def _tool_call(body: Body) -> Body:
    function = {"name": "document_fields", "arguments": _content(body)}
    return _with_content(body, None, tool_calls=[{"id": "call_1", "type": "function", "function": function}])


def _usage(usage: Any) -> Callable[[Body], Body]:  # noqa: ANN401 - any JSON
    return lambda body: body | {"usage": usage}


SHAPES: Mapping[str, Callable[[Body], Body]] = {
    "fence": _text(lambda text: f"```json\n{text}\n```"),
    "text_before": _text(lambda text: f"Sure! Here is what {{I}} found:\n\n{text}"),
    "text_behind": _text(lambda text: f"{text}\n\nLet me know if you need more, e.g. {{items}}."),
    "further_keys": _values(lambda values: values | {"confidence": 0.99, "notes": {"total": None}, "items": []}),
    "other_case": _values(lambda values: {key.replace("_", " ").title(): value for key, value in values.items()}),
    "nested": _values(lambda values: {"result": values, "ok": True}),
    "numbers": _values(_numbers),
    "lists": _values(lambda values: {key: [value] for key, value in values.items()}),
    "null_words": _values(_null_words),
    "trailing_comma": _text(lambda text: text.rstrip()[:-1] + ",\n}"),
    "content_parts": _text(lambda text: [{"type": "text", "text": text[:9]}, {"type": "text", "text": text[9:]}]),
    "content_object": _text(json.loads),
    "reasoning_field": lambda body: _with_content(body, _content(body), reasoning_content='I see {"total": "9.99"}'),
    "reasoning_parts": _text(
        lambda text: [{"type": "thinking", "thinking": '{"total": "9.99"}'}, {"type": "text", "text": text}]
    ),
    "reasoning_only": lambda body: _with_content(body, None, reasoning_content=f"So it is {_content(body)}"),
    "thinking_tags": _text(lambda text: f'<think>Perhaps {{"total": "9.99"}}? No.</think>\n{text}'),
    "tool_calls_null": lambda body: _with_content(body, _content(body), tool_calls=None, function_call=None),
    "tool_call": _tool_call,
    "usage_null": _usage(None),
    "usage_odd": _usage({"prompt_tokens": "many", "prompt_tokens_details": {"cached_tokens": 5}, "queue": [0.1]}),
    "no_usage": lambda body: {"choices": body["choices"]},
    "key_cut": lambda body: _cut(body, _content(body)[: len(_content(body)) * 2 // 3]),
    "thinking_cut": lambda body: _cut(body, "<think>The document says that"),
    "refusal": lambda body: _with_content(body, None, refusal="I cannot help with that."),
    "no_content": lambda body: _with_content(body, None),
    "blank": lambda body: _with_content(body, ""),
    "prose": lambda body: _with_content(body, "The total of this invoice is one hundred euros."),
    "no_choices": lambda body: body | {"choices": []},
}
"""The right body to the odd one."""

ANSWERED = frozenset(SHAPES) - {"thinking_cut", "refusal", "no_content", "blank", "prose", "no_choices"}
"""Those that say what the right completion says, all of it or a part."""


def as_events(body: Body) -> str:
    """The completion as a stream of events."""
    return f"data: {json.dumps(body)}\n\ndata: [DONE]\n\n"
