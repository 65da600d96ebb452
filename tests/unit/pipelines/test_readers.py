"""Which reader answers, and what a client is told about it."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from lib.document import Answer, BBox, Consultation, OcrDocument, Page, Question, Word
from lib.errors import DeadlineExceeded, TiltError, TiltProtocolError, TiltTimeout, TiltUnavailable
from lib.pipelines.readers import Readers, foreign_share
from lib.pipelines.tilt.protocol import MAX_WORDS

pytestmark = pytest.mark.anyio

QUESTIONS = (Question("total", "What is the total amount?"),)


@dataclass
class CannedReader:
    """Answers every question with its own name, or fails."""

    name: str
    error: Exception | None = None
    model_version: str = "canned-1"
    refusal: TiltError | None = None
    keys: frozenset[str] | None = None
    latin_only: bool = True
    warnings: tuple[str, ...] = ()

    def can_answer(self, key: str) -> bool:
        """Every key, or the named ones."""
        return self.keys is None or key in self.keys

    async def read(self, document: OcrDocument, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """The reader's name for each question."""
        assert document.has_words
        if self.error:
            raise self.error
        return tuple(Answer(question.key, self.name, 0.9) for question in questions)

    async def consult(self, document: OcrDocument, questions: Sequence[Question]) -> Consultation:
        """The same, with the warnings."""
        return Consultation(await self.read(document, questions), self.warnings)


def document(*texts: str) -> OcrDocument:
    """A page with these words."""
    words = tuple(Word(text, BBox(0, 20 * row, 100, 20 * row + 10)) for row, text in enumerate(texts))
    return OcrDocument((Page(0, 200, 400, "ocr", words=words),))


async def test_readers_without_tilt_ask_the_layout_reader() -> None:
    """Whoever has no TILT server gets the embedded reader's answers, not degraded."""
    reading = await Readers(layout=CannedReader("layout")).read(document("Total"), QUESTIONS)

    assert (reading.reader, reading.degraded, reading.warnings) == ("layout", False, ())
    assert reading.answers[0].text == "layout"


async def test_readers_with_tilt_ask_it_and_the_layout_reader_for_a_second_opinion() -> None:
    """TILT answers; the embedded reader's answers come along to check them by."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt"))

    reading = await readers.read(document("Total"), QUESTIONS)

    assert reading.reader == "tilt"
    assert reading.answers[0].text == "tilt"
    assert reading.second_opinion[0].text == "layout"


async def test_document_without_words_is_asked_about_nowhere() -> None:
    """No reader sees an empty document; every answer says why it is none."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt"))

    reading = await readers.read(document(), QUESTIONS)

    assert [(answer.text, answer.reason) for answer in reading.answers] == [(None, "no_text")]
    assert reading.warnings == ("no_text",)


async def test_document_in_foreign_script_goes_to_the_layout_reader() -> None:
    """TILT's vocabulary is Latin: a Cyrillic document would be read as unknown tokens."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt"))

    reading = await readers.read(document("Итого", "к", "оплате:", "1 200,00"), QUESTIONS)

    assert reading.reader == "layout"
    assert reading.warnings == ("unsupported_script",)
    assert reading.degraded is False


async def test_document_longer_than_tilt_takes_is_not_cut_but_read_by_the_layout_reader() -> None:
    """Nothing is left out in silence: the embedded reader has no limit of words."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt"))

    reading = await readers.read(document(*["word"] * (MAX_WORDS + 1)), QUESTIONS)

    assert (reading.reader, reading.warnings) == ("layout", ("too_long_for_tilt",))


@pytest.mark.parametrize("error", [TiltUnavailable("down"), TiltTimeout("slow")])
async def test_tilt_that_is_down_with_fallback_is_replaced(error: TiltError) -> None:
    """With TILT_FALLBACK=layout the embedded reader stands in, and the client is told."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt", error), fallback=True)

    reading = await readers.read(document("Total"), QUESTIONS)

    assert (reading.reader, reading.degraded, reading.warnings) == ("layout", True, ("tilt_unavailable",))


@pytest.mark.parametrize(
    ("error", "fallback"),
    [
        pytest.param(TiltUnavailable("down"), False, id="down without fallback"),
        pytest.param(TiltProtocolError("nonsense"), True, id="nonsense in spite of fallback"),
        pytest.param(DeadlineExceeded("late"), True, id="the request's own deadline"),
        pytest.param(RuntimeError("defect"), True, id="a defect, as it is and in no group"),
    ],
)
async def test_tilt_failure_that_nobody_stands_in_for_is_raised(error: Exception, fallback: bool) -> None:
    """Without fallback, or where the server is up but wrong, the request fails."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt", error), fallback=fallback)

    with pytest.raises(type(error)):
        await readers.read(document("Total"), QUESTIONS)


@pytest.mark.parametrize(
    ("tilt", "fallback", "refused"),
    [
        pytest.param(CannedReader("tilt", refusal=TiltUnavailable("left alone")), False, True, id="nobody would read"),
        pytest.param(CannedReader("tilt", refusal=TiltUnavailable("left alone")), True, False, id="layout stands in"),
        pytest.param(CannedReader("tilt"), False, False, id="TILT would be asked"),
        pytest.param(None, False, False, id="no TILT server"),
    ],
)
async def test_document_that_nobody_would_read_is_refused_before_any_work(
    tilt: CannedReader | None, fallback: bool, refused: bool
) -> None:
    """OCR for a 503 helps nobody; a document that somebody may read is let through."""
    readers = Readers(layout=CannedReader("layout"), tilt=tilt, fallback=fallback)

    with pytest.raises(TiltUnavailable) if refused else nullcontext():
        readers.require_reader()


OWN = Question("po_number", "What is the order number?")
STANDARD = frozenset({"total"})


async def test_own_question_is_the_tilt_servers_alone() -> None:
    """The embedded reader is not asked what it does not look for; answers come in the order of the questions."""
    readers = Readers(layout=CannedReader("layout", keys=STANDARD), tilt=CannedReader("tilt"))

    reading = await readers.read(document("Total"), (OWN, *QUESTIONS))

    assert [(answer.key, answer.text) for answer in reading.answers] == [("po_number", "tilt"), ("total", "tilt")]
    assert readers.can_answer("po_number")


@pytest.mark.parametrize(
    ("tilt", "words", "reason"),
    [
        pytest.param(None, "Total", "questions_unsupported", id="no server"),
        pytest.param(TiltUnavailable("down"), "Total", "tilt_unavailable", id="server down"),
        pytest.param(RuntimeError("asked in vain"), "Рахунок", "unsupported_script", id="script"),
    ],
)
async def test_own_question_that_nobody_answers_says_why(tilt: Exception | None, words: str, reason: str) -> None:
    """Null, without any confidence that there is nothing to find."""
    server = CannedReader("tilt", tilt) if tilt else None
    readers = Readers(layout=CannedReader("layout", keys=STANDARD), tilt=server, fallback=True)

    reading = await readers.read(document(words), (OWN, *QUESTIONS))

    assert reading.answers[0] == Answer("po_number", None, 0.0, reason=reason)
    assert reading.answers[1].text == "layout"


async def test_key_that_the_protocol_does_not_carry_is_the_layout_readers() -> None:
    """The chat protocol asks for six fields; the others are found by the embedded reader."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt", keys=STANDARD))

    reading = await readers.read(document("Total"), (*QUESTIONS, Question("iban", "?")))

    assert [answer.text for answer in reading.answers] == ["tilt", "layout"]


async def test_defect_of_the_second_opinion_is_raised_as_it_is() -> None:
    """The log tells its class and place, not that several things went on at once."""
    readers = Readers(layout=CannedReader("layout", ZeroDivisionError()), tilt=CannedReader("tilt"))

    with pytest.raises(ZeroDivisionError):
        await readers.read(document("Total"), QUESTIONS)


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        pytest.param(["Gesamt", "12,50", "€"], 0.0, id="latin"),
        pytest.param(["Đồng", "Łódź", "İstanbul"], 0.0, id="latin with marks"),
        pytest.param(["ИТОГО"], 1.0, id="cyrillic"),
        pytest.param(["ab", "合計"], 0.5, id="half"),
        pytest.param(["12.50", "--"], 0.0, id="no letters"),
    ],
)
async def test_foreign_share_counts_letters_of_other_scripts(texts: list[str], share: float) -> None:
    """Digits and signs belong to no script."""
    assert foreign_share(document(*texts)) == share


async def test_document_in_foreign_script_goes_to_a_general_model() -> None:
    """Only TILT's vocabulary is Latin."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("llm", latin_only=False))

    reading = await readers.read(document("Итого"), QUESTIONS)

    assert (reading.reader, reading.warnings) == ("llm", ())


async def test_warning_about_how_a_server_was_asked_reaches_the_reading() -> None:
    """A document that was asked in parts says so."""
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("llm", warnings=("too_long_for_llm",)))

    reading = await readers.read(document("Total"), QUESTIONS)

    assert reading.warnings == ("too_long_for_llm",)


async def test_reader_behind_a_server_is_asked_further_where_it_answered() -> None:
    """And the embedded reader is not, which answers the details itself."""
    page = document("Total")
    tilt = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt"))
    layout = Readers(layout=CannedReader("layout"))

    told = [
        await readers.ask_further(page, QUESTIONS, reading=await readers.read(page, QUESTIONS))
        for readers in (tilt, layout)
    ]

    assert [answer.text for answer in told[0].answers] == ["tilt"]
    assert told[1].answers == ()


@pytest.mark.parametrize("error", [TiltUnavailable("down"), TiltProtocolError("nonsense")])
async def test_server_that_fails_when_it_is_asked_further_takes_nothing_away(error: TiltError) -> None:
    """The client is warned."""
    reading = await Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt")).read(document("Total"), QUESTIONS)
    readers = Readers(layout=CannedReader("layout"), tilt=CannedReader("tilt", error))

    told = await readers.ask_further(document("Total"), QUESTIONS, reading=reading)

    assert (told.answers, told.warnings) == ((), ("tilt_unavailable",))
