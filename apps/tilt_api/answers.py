"""From what the model generated to what goes over the wire; pure.

Source: the fork's official example splits the text at "|" and takes the least token probability as the confidence of
the whole answer, which its authors chose by measurement (ACL 2025 industry paper, section 4.4).
"""

import math

from apps.tilt_api.engine import EngineFailed, Output
from lib.pipelines.tilt.protocol import MAX_VALUES, NO_ANSWER, FinishReason, TiltAnswer

SEPARATOR = "|"


def read_answer(key: str, output: Output) -> TiltAnswer:
    """The answer that a finished output means.

    Args:
        key: The question's.
        output: The last one of its question.

    Raises:
        EngineFailed: The output is not finished, or its probabilities are no numbers.
    """
    if output.finish_reason is None:
        raise EngineFailed("The engine stopped in the middle of an answer; try again.")
    if not output.logprobs:
        return TiltAnswer(key=key, values=(), confidence=0.0, finish_reason=output.finish_reason)
    return TiltAnswer(
        key=key,
        values=_values(output.text, finish_reason=output.finish_reason),
        confidence=_confidence(output.logprobs),
        finish_reason=output.finish_reason,
    )


def _values(text: str, *, finish_reason: FinishReason) -> tuple[str, ...]:
    """The parts of the text that are answers.

    The last part of a text that was cut off stays whatever it is: it marks where the reader of the answer must not
    trust it, and without it the whole value before it would stand in its place.
    """
    *whole, last = [part.strip() for part in text.split(SEPARATOR)]
    meant = [part for part in whole if part.casefold() not in NO_ANSWER]
    if finish_reason == "length" or last.casefold() not in NO_ANSWER:
        meant.append(last)
    return tuple(meant[:MAX_VALUES])


def _confidence(logprobs: tuple[float, ...]) -> float:
    least = min(logprobs)
    if any(math.isnan(logprob) for logprob in logprobs):
        raise EngineFailed("The model computed no numbers for this document.")
    return min(1.0, math.exp(least))
