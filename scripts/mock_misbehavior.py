"""How the mock TILT server fails, by name.

In: the name, an answer or a body that would be right. Out: a response, an answer or a body that is not.

    slow          answers after a minute                    huge         10 MB of valid JSON
    unavailable   503 on every /v1 path                     error_body   status 200 with an error in it
    flapping      503 to every other request                wrong_json   valid JSON with other keys
    dead          500 without a body                        nan          a confidence of NaN
    disconnect    drops the connection within the answer    empty        no value, "", "None" or "NONE"
    garbage       an HTML page                              cut_off      half a value at max_tokens
    truncated     half of the JSON                          multi_value  two values for each key
                                                            ungrounded   values that no document has
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast, get_args

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.types import Receive, Scope, Send

from lib.pipelines.tilt.chat_protocol import ErrorBody
from lib.pipelines.tilt.protocol import TiltAnswer
from lib.settings import Misbehavior

HEADER = "X-Mock-Misbehavior"
SLOW_S = 60.0
"""Longer than any TILT_TIMEOUT_S that makes sense."""
HUGE_BYTES = 10 * 2**20

NO_VALUES: Sequence[tuple[str, ...]] = ((), ("",), ("None",), ("NONE",))
"""How a model can say that there is nothing; the questions get them in turn."""

UNGROUNDED: Mapping[str, str] = {
    "merchant": "Zyxwv Qqjkz Unheard Of",
    "date": "1931-07-13",
    "currency": "XPF",
    "subtotal": "80706050.41",
    "tax_amount": "1020304.07",
    "total": "81726354.48",
}


def chosen(request: Request, *, configured: Misbehavior) -> Misbehavior:
    """The misbehavior of one request: its header's, else the configured one.

    Raises:
        ValueError: The header names none.
    """
    name = request.headers.get(HEADER, configured)
    if name not in get_args(Misbehavior):
        raise ValueError(f"{HEADER} is one of {', '.join(get_args(Misbehavior))}.")
    return cast("Misbehavior", name)


class Dropped(Response):
    """Begins an answer and drops the connection."""

    def __init__(self) -> None:
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the beginning, then fail as a broken socket does."""
        del scope, receive
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"id": "tilt-', "more_body": True})
        raise ConnectionResetError("The mock drops the connection.")


RESPONSES: Mapping[Misbehavior, Callable[[], Response]] = {
    "dead": lambda: Response(status_code=500),
    "disconnect": Dropped,
    "garbage": lambda: HTMLResponse("<!doctype html><title>It works!</title>"),
    "error_body": lambda: JSONResponse(
        ErrorBody.of(400, "The model does not support Chat Completions API").model_dump()
    ),
}
"""Instead of any answer. The error body with status 200 is what a stock vLLM gives that was started with TILT."""


def _ungrounded(_: int, answer: TiltAnswer) -> TiltAnswer:
    return answer.model_copy(update={"values": (UNGROUNDED.get(answer.key, "Qqjkz"),)})


def _multiple(_: int, answer: TiltAnswer) -> TiltAnswer:
    first = answer.values or (UNGROUNDED.get(answer.key, "Qqjkz"),)
    return answer.model_copy(update={"values": (*first, "Something else")})


def _empty(index: int, answer: TiltAnswer) -> TiltAnswer:
    return answer.model_copy(update={"values": NO_VALUES[index % len(NO_VALUES)]})


def _cut_off(_: int, answer: TiltAnswer) -> TiltAnswer:
    halves = tuple(value[: len(value) // 2] for value in answer.values)
    return answer.model_copy(update={"values": halves, "finish_reason": "length"})


ANSWERS: Mapping[Misbehavior, Callable[[int, TiltAnswer], TiltAnswer]] = {
    "empty": _empty,
    "cut_off": _cut_off,
    "multi_value": _multiple,
    "ungrounded": _ungrounded,
}
"""An answer's place and the right answer to the wrong one, still within the protocol."""


def _truncated(body: dict[str, Any]) -> str:
    text = json.dumps(body)
    return text[: len(text) // 2]


def _without_numbers(body: dict[str, Any]) -> str:
    for answer in body.get("answers", [body]):
        answer["confidence"] = math.nan
    if "confidences" in body:
        body["confidences"] = dict.fromkeys(body["confidences"], math.nan)
    return json.dumps(body)


def _with_other_keys(body: dict[str, Any]) -> str:
    return json.dumps(body).replace("total", "totally").replace('"answer"', '"reply"')


BODIES: Mapping[Misbehavior, Callable[[dict[str, Any]], str]] = {
    "truncated": _truncated,
    "huge": lambda body: json.dumps(body | {"padding": "x" * HUGE_BYTES}),
    "wrong_json": _with_other_keys,
    "nan": _without_numbers,
}
"""The right body to the wrong text."""
