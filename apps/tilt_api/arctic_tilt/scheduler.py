"""Which document is worked on next, in a thread of its own that alone computes with the model.

In: questions. Out: their tokens. One round encodes one page or one batch of chunks of the document at hand, and then
takes one decoder step for all questions that are being answered: a long document keeps nobody waiting for longer than
a step, and whoever leaves is forgotten before the next one.

Documents are let in first come, first served, as long as their caches fit into the budget of memory.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence

import torch
from loguru import logger

from apps.tilt_api.arctic_tilt.document import PreparedDocument
from apps.tilt_api.arctic_tilt.generation import Generation, Question, choose
from apps.tilt_api.arctic_tilt.memory import TOKENS_AT_ONCE, Estimates, is_out_of_memory
from apps.tilt_api.arctic_tilt.model import TiltModel
from apps.tilt_api.engine import EngineDead, EngineFailed

MOST_OF_BUDGET_AT_WORK = 0.25
"""Share of the budget that one encoder step may take for as long as it lasts."""
ENDED = "The engine has ended; the server is about to restart."


class Scheduler:
    """The engine's thread."""

    def __init__(self, model: TiltModel, *, budget: int, most_questions: int) -> None:
        """Prepare to work.

        Args:
            model: Loaded.
            budget: Bytes for activations.
            most_questions: That are answered at the same time.
        """
        self._model = model
        self._most_questions = most_questions
        self._estimates = Estimates(model.config, model.dtype.itemsize)
        self._budget = budget
        self._chunks_at_once = self._fitting_chunks()
        self._changed = threading.Condition()
        self._waiting: deque[list[Question]] = deque()
        self._encoding: _Encoding | None = None
        self._running: list[Generation] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="arctic-tilt", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether questions are answered."""
        return self._thread.is_alive() and not self._closed

    def submit(self, questions: Sequence[Question]) -> None:
        """Hand in questions about one document; they are encoded and answered together as far as memory allows.

        Raises:
            EngineDead: Nobody would answer them.
        """
        with self._changed:
            if not self.alive:
                raise EngineDead(ENDED)
            self._waiting.append(list(questions))
            self._changed.notify()

    def wake(self) -> None:
        """Look at once who has left."""
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        """End the thread after the step at hand; whoever still waits is told."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            with torch.inference_mode():
                while self._await_work():
                    self._round()
        except Exception as exc:  # noqa: BLE001 - whatever it is, nobody must wait for ever
            logger.critical("the engine's thread has ended: {}", type(exc).__name__)
        finally:
            self._end()

    def _await_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting or self._encoding or self._running)
            return not self._closed

    def _end(self) -> None:
        with self._changed:
            self._closed = True
            left = [*self._waiting, *(generation.questions for generation in self._running)]
            if self._encoding is not None:
                left.append(self._encoding.questions)
        for question in (question for questions in left for question in questions if not question.over):
            question.fail(EngineDead(ENDED))

    def _round(self) -> None:
        self._forget_finished()
        if self._encoding is None:
            self._admit()
        if self._encoding is not None:
            self._advance(self._encoding)
        if self._running:
            self._decode()

    def _forget_finished(self) -> None:
        for generation in self._running:
            generation.drop_finished()
        self._running = [generation for generation in self._running if generation.questions]
        if self._encoding is not None and all(question.over for question in self._encoding.questions):
            self._encoding = None
        with self._changed:
            kept = ([question for question in questions if not question.over] for questions in self._waiting)
            self._waiting = deque(questions for questions in kept if questions)

    def _admit(self) -> None:
        """Begin to encode as many questions of the first waiting document as there is room for."""
        if not self._waiting:
            return
        first = self._waiting[0]
        work = self._work_size(first[0].document)
        count = self._fitting_questions(first, room=self._budget - work - self._held())
        if count:
            with self._changed:
                questions, rest = first[:count], first[count:]
                self._waiting.popleft()
                if rest:
                    self._waiting.appendleft(rest)
            self._encoding = _Encoding(self._model, questions, chunks_at_once=self._chunks_at_once)
        elif not self._running:
            with self._changed:
                self._waiting.popleft()
            for question in first:
                question.give_up()

    def _held(self) -> int:
        return sum(generation.size for generation in self._running)

    def _fitting_questions(self, questions: Sequence[Question], *, room: int) -> int:
        count = 0
        places = self._most_questions - sum(len(generation.questions) for generation in self._running)
        for question in questions[: max(0, places)]:
            room -= self._question_size(question)
            if room < 0:
                break
            count += 1
        return count

    def _question_size(self, question: Question) -> int:
        return self._estimates.question(question.tokens, capacity=question.sampling.max_tokens)

    def _work_size(self, document: PreparedDocument) -> int:
        return max(self._chunks_at_once * self._estimates.chunk(), self._estimates.page(document.image_rows))

    def _fitting_chunks(self) -> int:
        by_tokens = TOKENS_AT_ONCE[self._model.device.type] // self._model.config.chunk_length
        by_memory = int(self._budget * MOST_OF_BUDGET_AT_WORK) // self._estimates.chunk()
        return max(1, min(by_tokens, by_memory))

    def _advance(self, encoding: "_Encoding") -> None:
        """One page, or one batch of chunks."""
        try:
            generation = encoding.advance(self._estimates)
        except Exception as exc:  # noqa: BLE001 - a document costs its own questions
            self._encoding = None
            self._lose(encoding.questions, exc)
            return
        if generation is not None:
            self._encoding = None
            self._running.append(generation)

    def _decode(self) -> None:
        """One token for every question; where memory ends, the largest generation goes and the others try again."""
        while self._running:
            try:
                tokens, logprobs = self._next_tokens()
            except Exception as exc:  # noqa: BLE001 - a document costs its own questions
                largest = max(self._running, key=lambda generation: generation.size)
                self._running.remove(largest)
                self._lose(largest.questions, exc)
            else:
                break
        else:
            return
        found = zip(tokens, logprobs, strict=True)
        for generation in self._running:
            generation.batch.length += 1
            for question in generation.questions:
                question.add(*next(found), self._model.config)

    def _next_tokens(self) -> tuple[list[int], list[float]]:
        questions = [question for generation in self._running for question in generation.questions]
        start = self._model.config.decoder_start_token_id
        last = [question.ids[-1] if question.ids else start for question in questions]
        batches = [generation.batch for generation in self._running]
        logits = self._model.step(batches, torch.tensor(last, device=self._model.device))
        return choose(logits, [question.sampling.temperature for question in questions])

    def _lose(self, questions: Sequence[Question], exc: Exception) -> None:
        """Fail some questions for what went wrong, and go on.

        Raises:
            EngineDead: The device answers no more.
        """
        if is_out_of_memory(exc):
            failure = EngineFailed("The document took more memory than there is; send fewer pages.")
        else:
            failure = EngineFailed(f"The engine failed on this document ({type(exc).__name__}).")
        logger.warning("{}", failure)
        for question in questions:
            question.fail(failure)
        if self._model.device.type == "cuda":
            self._recover()

    def _recover(self) -> None:
        try:
            torch.cuda.synchronize(self._model.device)
            torch.cuda.empty_cache()
        except Exception as exc:
            raise EngineDead(ENDED) from exc


class _Encoding:
    """A document that is being read for some questions."""

    def __init__(self, model: TiltModel, questions: list[Question], *, chunks_at_once: int) -> None:
        self.questions = questions
        self._model = model
        self._steps = self._work(chunks_at_once)

    def advance(self, estimates: Estimates) -> Generation | None:
        """The next step; what it led to once it is the last one."""
        hidden = next(self._steps)
        if not hidden:
            return None
        capacity = max(question.sampling.max_tokens for question in self.questions)
        longest = max(question.tokens for question in self.questions)
        return Generation(
            questions=self.questions,
            batch=self._model.begin(hidden, capacity=capacity),
            size=len(self.questions) * estimates.question(longest, capacity=capacity),
        )

    def _work(self, chunks_at_once: int) -> Iterator[list[torch.Tensor]]:
        document = self.questions[0].document
        for _ in document.look_at_pages():
            yield []
        yield from document.encode([question.prefix for question in self.questions], chunks_at_once=chunks_at_once)
