"""lib/pipelines/ocr/second_reading.py: a page's script is found out from a few lines, and then all of it read again."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from lib.document import PageImage
from lib.pipelines.ocr.readings import Reading
from lib.pipelines.ocr.scripts import SCRIPTS, Script, scripts_of
from lib.pipelines.ocr.second_reading import TRIED_LINES, SecondReader

CYRILLIC, GREEK = SCRIPTS[:2]
STRIP = np.zeros((20, 200, 3), np.uint8)
LATIN = Reading("Gesamtbetrag 119,00", 0.99)
LEFT_OUT = Reading(" 1 456,80", 0.96)


class Stand:
    """Reads each strip as one line of its script, or as garbage where its first pixel says that it is upside down."""

    def __init__(self, *scripts: Script, text: str = "", confidence: float = 0.95) -> None:
        self.scripts, self.text, self.confidence = scripts, text, confidence
        self.calls: list[tuple[str, int]] = []

    def can_read(self, script: Script) -> bool:
        """Whether it was made for the script."""
        return script in self.scripts

    def read(self, script: Script, strips: Sequence[PageImage]) -> list[Reading]:
        """Its text for each strip that stands upright."""
        self.calls.append((script.name, len(strips)))
        known = script.count(self.text) > 0
        return [
            Reading(self.text, self.confidence) if known and not strip[0, 0, 0] else Reading("Nroro", 0.5)
            for strip in strips
        ]


def test_latin_page_is_tried_with_nothing() -> None:
    """It costs a look at its texts; a logo that nobody can read changes nothing."""
    reader = Stand(*SCRIPTS, text="ИТОГО 1 456,80")
    readings = [*[LATIN] * 8, Reading("", 0.0)]

    outcome = SecondReader([reader]).read([STRIP] * 9, readings)

    assert outcome.readings == readings
    assert (outcome.script, outcome.undecided, reader.calls) == ("", False, [])


def test_rows_of_asterisks_are_in_no_script() -> None:
    """They are the longest lines of many receipts, and next to nothing is read of them."""
    reader = Stand(*SCRIPTS, text="ИТОГО 1 456,80")
    row = np.zeros((20, 900, 3), np.uint8)

    outcome = SecondReader([reader]).read([STRIP] * 8 + [row] * 2, [*[LATIN] * 8, *[Reading("**", 0.5)] * 2])

    assert (outcome.undecided, reader.calls) == (False, [])


def test_page_is_read_in_the_script_that_reads_a_few_lines_well() -> None:
    """Scripts are tried until one is sure; lines of digits alone, and of Latin letters, stay as they are."""
    reader = Stand(*SCRIPTS, text="ИТОГО 1 456,80")
    digits = Reading("1 440 000 000,00", 0.99)

    outcome = SecondReader([reader]).read([STRIP] * 6, [*[LEFT_OUT] * 5, digits])

    assert outcome.script == "Cyrillic"
    assert [reading.text for reading in outcome.readings] == ["ИТОГО 1 456,80"] * 5 + [digits.text]
    assert reader.calls == [("Cyrillic", TRIED_LINES), ("Cyrillic", 5)]


def test_first_recognizer_that_knows_the_script_reads_it() -> None:
    """PaddleOCR's official one, where it is at hand; Tesseract else."""
    official, tesseract = Stand(CYRILLIC, text="ИТОГО"), Stand(*SCRIPTS, text="ИТОГ0")

    outcome = SecondReader([official, tesseract]).read([STRIP] * 3, [LEFT_OUT] * 3)

    assert {reading.text for reading in outcome.readings} == {"ИТОГО"}
    assert tesseract.calls == []


def test_expected_scripts_are_tried_first() -> None:
    """OCR_LANG and OCR_LANGS are hints."""
    reader = Stand(*SCRIPTS, text="합계 1,456")
    korean = scripts_of(["korean"])

    SecondReader([reader], likely=korean).read([STRIP] * 3, [LEFT_OUT] * 3)

    assert reader.calls[0][0] == "Korean"


def test_page_that_two_recognizers_read_alike_in_latin_letters_is_in_no_other_script() -> None:
    """Most pages that are tried are blurred ones: the first one with Latin letters tells, and no other is asked."""
    reader = Stand(CYRILLIC, text="GesamtbetragІ19,00", confidence=0.5)
    others = Stand(*SCRIPTS)

    outcome = SecondReader([reader, others]).read([STRIP] * 4, [Reading("Gesamtbctrag l19", 0.4)] * 4)

    assert outcome.readings == [Reading("Gesamtbctrag l19", 0.4)] * 4
    assert (reader.calls, others.calls) == ([("Cyrillic", TRIED_LINES)], [])


def test_page_in_latin_letters_is_not_tried_upside_down() -> None:
    """All scripts would be, once more, on its lines turned."""
    reader = Stand(CYRILLIC, text="GesamtbetragІ19,00", confidence=0.5)

    outcome = SecondReader([reader]).read([STRIP] * 4, [Reading("Gesamtbctrag l19", 0.4)] * 4)

    assert not outcome.undecided


class Bilingual:
    """Reads Latin letters in all scripts, and in Korean what stands beside and below them, too."""

    TEXTS: ClassVar = {"Korean": ("CREDIT SLIP 매출전표", "서울상회", "합계금액")}

    def can_read(self, script: Script) -> bool:
        """It has data for all."""
        return script in SCRIPTS

    def read(self, script: Script, strips: Sequence[PageImage]) -> list[Reading]:
        """A line for each strip."""
        texts = self.TEXTS.get(script.name, ("CREDIT SLIP HEHE", "Ale", "M8"))
        return [Reading(text, 0.95) for text in texts[: len(strips)]]


def test_one_line_in_latin_letters_says_nothing_of_the_others() -> None:
    """It is as long as all that was read of those; a Korean receipt may have one in English."""
    readings = [Reading("CREDIT SLIP", 0.97), Reading("", 0.0), Reading("", 0.0)]

    assert SecondReader([Bilingual()]).read([STRIP] * 3, readings).script == "Korean"


def test_lines_in_latin_letters_that_lack_others_say_nothing() -> None:
    """Those of a form in two languages are read alike by everybody, but for what stands beside them."""
    reader = Stand(CYRILLIC, text="TAX INVOICE Ѓ", confidence=0.5)
    others = Stand(*SCRIPTS)

    SecondReader([reader, others]).read([STRIP] * 3, [Reading("TAX INVOICE  ", 0.97)] * 3)

    assert [script for script, _ in others.calls] == [script.name for script in SCRIPTS[1:]]


def test_greek_letters_count_for_more_than_what_is_expected() -> None:
    """Who knows Thai and Latin letters reads Greek capitals as Latin ones, as the bundled recognizer does."""
    reader = Stand(*SCRIPTS, text="ΤΑΜΕΙΑΚΗ ΑΠΟΔΕΙΞΗ")

    SecondReader([reader], likely=scripts_of(["th"])).read([STRIP] * 3, [Reading("TAMEIAKH AΠOΔEIEH", 0.9)] * 3)

    assert reader.calls[0][0] == "Greek"


def test_page_whose_script_nobody_reads_is_said_to_be_unreadable() -> None:
    """Its digits alone are garbage; nothing of it is passed on."""
    reader = Stand(GREEK, text="ΣΥΝΟΛΟ")

    outcome = SecondReader([reader]).read([np.full_like(STRIP, 9)] * 4, [LEFT_OUT] * 4)

    assert (outcome.script, outcome.undecided, outcome.unreadable) == ("", True, True)
    assert "Cyrillic" in outcome.missing_scripts
    assert "Greek" not in outcome.missing_scripts


def test_blurred_latin_page_is_not_said_to_be_in_another_script() -> None:
    """Its lines are read badly, but none of their letters are missing."""
    outcome = SecondReader([]).read([STRIP] * 4, [Reading("Gesamtbctrag l19", 0.4)] * 4)

    assert (outcome.undecided, outcome.unreadable) == (True, False)


def test_page_that_stands_on_its_head_is_told_by_the_script_that_reads_it_turned() -> None:
    """The bundled recognizer, which reads nothing either way, cannot tell."""
    upside_down = STRIP.copy()
    upside_down[0, 0] = 9
    reader = Stand(*SCRIPTS, text="ИТОГО")
    second = SecondReader([reader])

    assert second.is_upside_down([upside_down] * 3, [LEFT_OUT] * 3)
    assert not second.is_upside_down([np.full_like(STRIP, 9)] * 3, [LEFT_OUT] * 3)


def test_page_whose_lines_are_mostly_read_does_not_stand_on_its_head() -> None:
    """Print that shows through from the back may be long, and Tesseract reads letters into anything."""
    wide = np.zeros((20, 900, 3), np.uint8)
    wide[0, 0] = 9

    assert not SecondReader([Stand(*SCRIPTS, text="ИТОГО")]).is_upside_down(
        [STRIP] * 8 + [wide] * 3, [*[LATIN] * 8, *[Reading("", 0.0)] * 3]
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_have_letters_of_their_own(script: Script) -> None:
    """No letter belongs to two, and none is Latin."""
    letters = [chr(code) for code in range(0x250, 0x10000) if script.count(chr(code))]

    assert letters
    assert not any(other.count("".join(letters)) for other in SCRIPTS if other is not script)
    assert script.share("Total") == 0
    assert script.share(letters[1] + "T") in {0.5, 1.0}


def test_figures_say_nothing_of_a_script_and_are_read_again_where_something_is_missing_behind_them() -> None:
    """A date is the same in all of them; "56,52 лв." is read as "56,52 ." by who has no Cyrillic."""
    reader = Stand(*SCRIPTS, text="ОБЩА СУМА")
    date, amount, dotted = (
        Reading("14/01/2025 18:45:01", 0.99),
        Reading("250.13 ", 0.97),
        Reading("177 256 256,52 .", 0.99),
    )

    outcome = SecondReader([reader]).read([STRIP] * 6, [date, amount, dotted, *[LEFT_OUT] * 3])

    assert reader.calls == [("Cyrillic", TRIED_LINES), ("Cyrillic", 5)]
    assert [reading.text for reading in outcome.readings] == [date.text, *["ОБЩА СУМА"] * 5]


def test_page_whose_lines_are_mostly_read_is_readable() -> None:
    """Rows of stars that are read as nothing may be half of its text by length."""
    row = np.zeros((20, 2000, 3), np.uint8)

    outcome = SecondReader([]).read([STRIP] * 8 + [row] * 2, [*[LATIN] * 8, *[Reading("", 0.0)] * 2])

    assert (outcome.undecided, outcome.unreadable) == (True, False)
