"""Characters that OCR confuses, put right where only one reading makes sense. No text grows or shrinks.

In: plain lines. Out: lines of the same length in which an amount or a date that is one in every other respect has
digits for its O, l, I, |, S and B, as has a rate for its O, l, I and |, and a point for a colon behind a currency mark.
Letters alone never become a number. Names have a letter for the one 0, 1 or 5 inside a word.
"""

import re

_LETTERS = "OoQIl|SB"
_DIGIT_OF = str.maketrans("OoQIl|SB", "00011158")

_MIXED = re.compile(rf"[0-9{_LETTERS}](?:(?<=\d)[.,]*[{_LETTERS}]|(?<!\d)[.,]*\d)")
"""A digit beside a letter: without them nothing is to be put right."""

_RUN = re.compile(rf"[0-9{_LETTERS}][0-9{_LETTERS}.,]*[0-9{_LETTERS}]")
_MONEY = re.compile(r"(?:\d{1,3}(?:[.,]\d{3}){1,4}|\d{1,9})[.,]\d{2}")
_GROUPS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3}){1,4}")
_PERCENT = re.compile(r"(?<![A-Za-z0-9])[0-9OIl|]{2}(?= ?%)")
_NAME_DIGIT = re.compile(r"(?<=[A-Za-z])[015](?=[A-Za-z])")
_NAME_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]+[015][A-Za-z]+(?![A-Za-z0-9])")
_NAME_LETTERS = 4
"""Real letters that a word of a name needs before the one digit inside it is taken for a letter too."""

_DATE_RUN = re.compile(r"[0-9oil|](?<![a-z].)[0-9oil|]?([./-])[0-9oil|]{1,2}\1[0-9oil|]{2,4}(?![a-z])")
_YEAR = re.compile(r"2(?<![a-z0-9]2)o(?=[0-4]\d(?![a-z0-9]))")
_DATE_DIGITS = 3
"""Real digits that a date needs before its other characters are taken for digits too."""

_COLON = re.compile(r"((?:[$€£¥₹฿₫₺₽₴]|RM|Rp) ?\d{1,6}):(\d{2})(?![\d:])")
_MONTHS = re.compile(
    r"0(?<![a-z0-9]0)(?=ct|kt)|n0(?<![a-z0-9]n0)(?=v)|ju[1|](?<![a-z0-9]ju.)"
    r"|0(?:(?<=(?<!\w)[1-9]0)|(?<=(?<!\w)[0-3]\d0))(?=[ck]t\W?20\d\d(?!\d))"
)
"""The digits in "0ct", "N0v" and "Ju1"; a zero behind a day too, as in "230CT2021"."""


def amount_digits(line: str) -> str:
    """`line` with the look-alikes inside amounts replaced."""
    if ":" in line:
        line = _COLON.sub(r"\1.\2", line)
    if not _MIXED.search(line):
        return line
    line = _RUN.sub(_amount_run, line)
    return _PERCENT.sub(_percent, line) if "%" in line else line


def _percent(match: re.Match[str]) -> str:
    """A rate of two digits, where one of them is one."""
    run = match.group()
    return run.translate(_DIGIT_OF) if any(map(str.isdigit, run)) else run


def _amount_run(match: re.Match[str]) -> str:
    """The run as digits, where it is no part of a word and then reads as an amount: with decimals, or in thousands."""
    run, line = match.group(), match.string
    before, after = line[max(0, match.start() - 1) : match.start()], line[match.end() : match.end() + 1]
    digits = run.translate(_DIGIT_OF)
    # A leading S or B is rather a misread "$" or a code than a digit.
    if run[0] in "SB" or digits == run or before.isalpha() or after.isalnum() or not any(c.isdigit() for c in run):
        return run
    return digits if _MONEY.fullmatch(digits) or _is_in_groups(run, digits) else run


def _is_in_groups(run: str, digits: str) -> bool:
    """Whether a run with few letters reads as thousands; the last one may be a tax class behind decimals ("5,99B")."""
    mostly_digits = 2 * sum(map(str.isdigit, run)) > sum(map(str.isalnum, run))
    return mostly_digits and run[-1].isdigit() and _GROUPS.fullmatch(digits) is not None


def date_digits(line: str) -> str:
    """`line`, folded, with the look-alikes inside dates and month names replaced."""
    line = _MONTHS.sub(lambda match: match.group().translate({0x30: "o", 0x31: "l", 0x7C: "l"}), line)
    line = _YEAR.sub("20", line)
    return _DATE_RUN.sub(_date_run, line) if "o" in line or "i" in line or "l" in line or "|" in line else line


def _date_run(match: re.Match[str]) -> str:
    run = match.group()
    return run.translate(str.maketrans("oil|", "0111")) if sum(c.isdigit() for c in run) >= _DATE_DIGITS else run


def name_letters(text: str) -> str:
    """`text` with the one digit inside a word of letters replaced by the letter that it resembles: "N0RDSTERN"."""
    return _NAME_WORD.sub(_name_word, text) if any(map(str.isdigit, text)) else text


def _name_word(match: re.Match[str]) -> str:
    word, line = match.group(), match.string
    before = line[max(0, match.start() - 1) : match.start()]
    if before.isalnum() or len(word) <= _NAME_LETTERS:
        return word
    letters = "OIS" if word[-1].isupper() else "ols"
    return _NAME_DIGIT.sub(lambda digit: letters["015".index(digit.group())], word)
