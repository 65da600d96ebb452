"""Answers being generated: the questions that were encoded together, and the choice of the next token.

In: logits. Out: tokens and their log probabilities.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from apps.tilt_api.arctic_tilt.configuration import TiltConfig
from apps.tilt_api.arctic_tilt.decoder import Batch
from apps.tilt_api.arctic_tilt.document import PreparedDocument
from apps.tilt_api.arctic_tilt.tokens_and_boxes import Prefix
from apps.tilt_api.engine import Sampling
from lib.pipelines.tilt.protocol import FinishReason

GREEDY_BELOW = 1e-5
"""Temperatures below it mean the likeliest token, whose probability is then unscaled. Source: vLLM 0.8.3."""


@dataclass(eq=False, slots=True)
class Question:
    """One question on its way through the engine. The scheduler writes, the client's task reads.

    Attributes:
        document: What it is about.
        prefix: Its tokens.
        sampling: How its answer is generated.
        tell: Called in the scheduler's thread whenever something below has changed.
        ids: Tokens generated so far, the end token included.
        logprobs: The logarithm of each one's probability.
        finish_reason: None while it is under way.
        failure: Why there will be no answer.
        abandoned: Set by the client's task: nobody waits any more.
    """

    document: PreparedDocument
    prefix: Prefix
    sampling: Sampling
    tell: Callable[[], None]
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: FinishReason | None = None
    failure: Exception | None = None
    abandoned: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more is to be computed for it."""
        return self.abandoned or self.finish_reason is not None or self.failure is not None

    @property
    def tokens(self) -> int:
        """Hidden states that the decoder attends to."""
        return len(self.prefix) + len(self.document)

    def add(self, token: int, logprob: float, config: TiltConfig) -> None:
        """Take the next token."""
        self.ids.append(token)
        self.logprobs.append(logprob)
        if token == config.eos_token_id and not self.sampling.ignore_end:
            self.finish_reason = "stop"
        elif len(self.ids) >= self.sampling.max_tokens:
            self.finish_reason = "length"
        self.tell()

    def give_up(self) -> None:
        """End it without a token: there is no memory that it would fit into."""
        self.finish_reason = "length"
        self.tell()

    def fail(self, failure: Exception) -> None:
        """End it without an answer."""
        self.failure = failure
        self.tell()


@dataclass(eq=False, slots=True)
class Generation:
    """Questions that were encoded together, with the decoder's memory of them.

    Attributes:
        questions: One for each row of `batch`.
        batch: The decoder's caches.
        size: Bytes that they take, at most.
    """

    questions: list[Question]
    batch: Batch
    size: int

    def drop_finished(self) -> None:
        """Free the caches of questions that are over; the last ones go with the whole generation."""
        rows = [row for row, question in enumerate(self.questions) if not question.over]
        if len(rows) == len(self.questions):
            return
        self.size = self.size * len(rows) // len(self.questions)
        self.questions = [self.questions[row] for row in rows]
        if rows:
            self.batch.keep(rows)


def choose(logits: Tensor, temperatures: Sequence[float]) -> tuple[list[int], list[float]]:
    """The next token of each row and the logarithm of its probability.

    Args:
        logits: (N, vocabulary), float32.
        temperatures: One for each row.
    """
    greedy = torch.tensor([temperature < GREEDY_BELOW for temperature in temperatures], device=logits.device)
    divisor = torch.tensor([max(temperature, GREEDY_BELOW) for temperature in temperatures], device=logits.device)
    scaled = torch.where(greedy[:, None], logits, logits / divisor[:, None])
    logprobs = scaled.log_softmax(dim=-1)
    if greedy.all():
        tokens = logprobs.argmax(dim=-1)
    else:
        # The Gumbel trick: the largest of these is drawn with each token's probability.
        noise = -torch.log(-torch.log(torch.rand_like(logprobs).clamp(min=1e-20, max=1 - 1e-7)))
        tokens = torch.where(greedy[:, None], logprobs, logprobs + noise).argmax(dim=-1)
    return tokens.tolist(), logprobs.gather(1, tokens[:, None])[:, 0].tolist()
