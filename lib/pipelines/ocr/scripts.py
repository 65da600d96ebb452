"""The scripts that the bundled recognizer has no letters for, and who can read them. Pure.

In: texts, codes of languages. Out: `Script`s. Which letters belong to a script, which of PaddleOCR's languages are
written in it, and which Debian package brings Tesseract's data for it.

Sources: Unicode 15, Blocks.txt; Debian 12, packages tesseract-ocr-* 1:4.1.0-2 (tessdata_fast, Apache-2.0).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from lib.pipelines.ocr.weights import OFFICIAL_RECOGNIZERS


@dataclass(frozen=True)
class Script:
    """One script.

    Attributes:
        name: As people call it.
        letters: Its letters and marks, as the inside of a regular expression's character class.
        data: The names of Tesseract's files that read it, each `NAME.traineddata`; the first one is its own.
        package: The Debian package that has the first of them.
        langs: PaddleOCR's codes of languages that are written in it, the most common one first.
        digits: Whose digits are read better: Tesseract's, or those of the bundled recognizer.
        right_to_left: Whether it is written from right to left.
    """

    name: str
    letters: str
    data: tuple[str, ...]
    package: str
    langs: tuple[str, ...]
    digits: Literal["tesseract", "bundled"] = "tesseract"
    right_to_left: bool = False

    @cached_property
    def _letter(self) -> re.Pattern[str]:
        return re.compile(f"[{self.letters}]")

    def count(self, text: str) -> int:
        """How many letters of it a text has."""
        return len(self._letter.findall(text))

    def share(self, text: str) -> float:
        """The share of a text's letters that are of this script, 0..1; 0 where it has no letter."""
        own = self.count(text)
        others = sum(1 for letter in self._letter.sub("", text) if letter.isalpha())
        return own / (own + others) if own else 0.0

    @property
    def official(self) -> tuple[str, ...]:
        """PaddleOCR's official recognizers of it, the one that knows most of its languages' letters first."""
        return tuple(dict.fromkeys(OFFICIAL_RECOGNIZERS[lang] for lang in self.langs if lang in OFFICIAL_RECOGNIZERS))


SCRIPTS = (
    Script(
        "Cyrillic",
        "\u0400-\u052f\u1c80-\u1c8f",
        ("Cyrillic", "eng"),
        "tesseract-ocr-script-cyrl",
        ("ru", "uk", "be", "bg", "rs_cyrillic", "mk", "kk", "ky", "mn", "tg", "tt"),
    ),
    Script("Greek", "\u0370-\u03ff\u1f00-\u1fff", ("ell", "eng"), "tesseract-ocr-ell", ("el",)),
    Script(
        "Arabic",
        "\u0600-\u065f\u066e-\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
        ("ara",),
        "tesseract-ocr-ara",
        ("ar", "fa", "ur"),
        right_to_left=True,
    ),
    Script(
        "Hebrew",
        "\u0590-\u05ff\ufb1d-\ufb4f",
        ("heb",),
        "tesseract-ocr-heb",
        ("he",),
        right_to_left=True,
    ),
    Script("Thai", "\u0e00-\u0e4f", ("tha", "eng"), "tesseract-ocr-tha", ("th",)),
    Script(
        "Korean",
        "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
        ("kor", "eng"),
        "tesseract-ocr-kor",
        ("korean",),
        digits="bundled",
    ),
    Script(
        "Devanagari",
        "\u0900-\u0965\u0970-\u097f",
        ("hin", "eng"),
        "tesseract-ocr-hin",
        ("hi", "mr", "ne"),
        digits="bundled",
    ),
    Script("Georgian", "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f", ("kat", "eng"), "tesseract-ocr-kat", ("ka",)),
)
"""The order in which they are tried where nothing speaks for one of them."""


def scripts_of(langs: Iterable[str]) -> tuple[Script, ...]:
    """The scripts that languages are written in, by PaddleOCR's codes; none where the bundled recognizer reads them."""
    wanted = set(langs)
    return tuple(script for script in SCRIPTS if wanted & set(script.langs))
