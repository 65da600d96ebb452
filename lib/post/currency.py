"""The currency rule: which ISO 4217 code an answer, or the document, stands for.

In: an answer's text or none, and the document's evidence. Out: an `Outcome`. "$" is the dollar of the document's other
marks, else of its country, else of its language; where nothing decides, the one that nearly all such documents mean,
with problem `ambiguous_currency`, or none. A document without any mark has the currency of its country where that is
sure, else that of a language which is paid in one currency alone, such as Polish, or in one alone that is written with
its decimal comma, such as German, or that of a place where its language is spoken; at little confidence.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from lib.grammar.countries import SURE_FROM
from lib.grammar.currencies import CurrencyMatch, find_currencies
from lib.grammar.currency_table import CODES
from lib.grammar.currency_usage import tells_rate
from lib.post.evidence import Evidence, Occurrence
from lib.post.outcome import AMBIGUOUS_CURRENCY, FAILED, Outcome

_BY_MARK: Final = 0.98
_BY_COUNTRY: Final = 0.95
_BY_LANGUAGE: Final = 0.85
_BY_USE: Final = 0.7
_COUNTRY_ALONE: Final = 0.6
_LANGUAGE_ALONE: Final = 0.5
_SURE_LANGUAGE: Final = 0.6
"""Weight from which a language that is paid in one currency stands for it."""

_LIKELY_LANGUAGE: Final = 0.4
"""Weight from which a language, together with a place where it is spoken, tells the currency."""

_ELSEWHERE: Final = 0.25
"""What a mark away from any number counts for, against one beside a number."""

_STRAY: Final = 3
"""Amounts for each mark from which a mark that is foreign to the document's sure country is no mark."""

_POINTED: Final = frozenset({"CHF"})
"""Currencies that are printed with a decimal point where the language has a comma. Source: Swiss usage."""

_LIKELY_COUNTRY: Final = 2.0
"""Weight from which hints at one country tell the currency of an English document."""

_CLEAR_LEAD: Final = 1.5
"""Times a country must outweigh the next one with another currency."""

_USUAL: Final = frozenset({"USD", "GBP", "INR", "RON"})
"""What "$", "£", "Rs" and "lei" mean on nearly every document that does not say."""


def read_currency(text: str, evidence: Evidence) -> Outcome:
    """The currency that `text` ("EUR", "$", "Ringgit", "RM 12.50") stands for in this document."""
    code = text.strip(" .:()").upper()
    if code in CODES:
        return Outcome(code)
    candidates = candidates_of(text)
    return decide(candidates, evidence) if candidates else FAILED


def candidates_of(text: str) -> tuple[str, ...]:
    """The currencies that a mark can stand for; it may be one that counts on one side of a number only."""
    beside = (text, f"{text} 1.00", f"1.00 {text}", f"1.000{text}")
    marks = (match for written in beside for match in find_currencies(written))
    return next((mark.candidates for mark in marks), ())


def currency_of_document(evidence: Evidence) -> tuple[Outcome, Occurrence[CurrencyMatch] | None]:
    """The currency of a document whose reader named none, and the mark it was found by."""
    votes: Counter[tuple[str, ...]] = Counter()
    for stated in evidence.marks:
        if tells_rate(stated.line.text):
            continue
        votes[stated.match.candidates] += 4 if stated.match.beside_number else 1
    if votes:
        candidates, count = votes.most_common(1)[0]
        outcome = decide(candidates, evidence)
        share = count / votes.total()
        place = next(each for each in evidence.marks if each.match.candidates == candidates)
        return Outcome(outcome.value, outcome.certainty * share, outcome.problem), place
    code = _country_alone(evidence)
    if code:
        return Outcome(code, _COUNTRY_ALONE), None
    if _is_readable(evidence):
        code = _home_currency(evidence) or _local_currency(evidence)
    return (Outcome(code, _LANGUAGE_ALONE) if code else FAILED), None


def decide(candidates: Sequence[str], evidence: Evidence) -> Outcome:
    """The one of several currencies that the document speaks for."""
    if len(candidates) == 1:
        return Outcome(candidates[0])
    marks = Counter(s.match.code for s in evidence.marks if not s.match.is_ambiguous and s.match.code in candidates)
    if marks:
        return Outcome(marks.most_common(1)[0][0], _BY_MARK)
    used = _used_there(candidates, evidence)
    if used:
        return used
    home = sure_country_currency(evidence)
    if home and _is_stray(candidates, evidence):
        return Outcome(home, _COUNTRY_ALONE)
    if candidates[0] in _USUAL:
        return Outcome(candidates[0], _BY_USE, AMBIGUOUS_CURRENCY)
    return Outcome(None, 0.0, AMBIGUOUS_CURRENCY)


def _used_there(candidates: Sequence[str], evidence: Evidence) -> Outcome | None:
    """The one that the document's country, or else its language, is paid in."""
    for found in evidence.countries:
        if found.country.currency in candidates:
            return Outcome(found.country.currency, _BY_COUNTRY if found.is_sure else _BY_LANGUAGE)
    spoken = [code for weight in evidence.locales[:1] for code in weight.locale.currencies if code in candidates]
    return Outcome(spoken[0], _BY_LANGUAGE) if len(spoken) == 1 else None


def _is_stray(candidates: Sequence[str], evidence: Evidence) -> bool:
    """Whether so few amounts bear the mark that it is one misread, as "$20" for "%20"."""
    marks = sum(1 for stated in evidence.marks if stated.match.candidates == tuple(candidates))
    return marks * _STRAY <= len(evidence.amounts)


def sure_country_currency(evidence: Evidence) -> str | None:
    """The currency of the country that the document surely comes from."""
    if not evidence.countries or not evidence.countries[0].is_sure:
        return None
    first = evidence.countries[0]
    rivals = [found.weight for found in evidence.countries if found.country.currency != first.country.currency]
    return first.country.currency if first.weight >= _CLEAR_LEAD * max(rivals, default=0.0) else None


def _country_alone(evidence: Evidence) -> str | None:
    """The currency of a sure country, where a second hint agrees or the page is readable."""
    code = sure_country_currency(evidence)
    if code is None or evidence.countries[0].weight > SURE_FROM:
        return code
    return code if _is_readable(evidence) else None


def _is_readable(evidence: Evidence) -> bool:
    """Whether it says which of its amounts is the total.

    What recognizers make of a page that they cannot read has a country's sign, and a word of a language, now and then.
    """
    return any("total" in evidence.kinds_in_row(each.line.row) for each in evidence.amounts)


def _local_currency(evidence: Evidence) -> str | None:
    """The currency of the only country that is hinted at, where the language is paid in it too."""
    currencies = {found.country.currency for found in evidence.countries}
    if len(currencies) != 1 or not evidence.locales or evidence.locales[0].weight < _LIKELY_LANGUAGE:
        return None
    language = evidence.locales[0].locale
    if language.code == "en":
        return evidence.countries[0].country.currency if _is_likely(evidence) else None
    return currencies.pop() if currencies <= set(language.currencies) else None


def _is_likely(evidence: Evidence) -> bool:
    """Whether two hints speak for an English document's country: places, or the month in front of its dates."""
    found = evidence.countries[0]
    month_first = evidence.stated_order == "mdy"
    if month_first != (found.country.date_order == "mdy") and evidence.stated_order is not None:
        return False
    return found.weight + month_first >= _LIKELY_COUNTRY


def _home_currency(evidence: Evidence) -> str | None:
    """The one currency that speakers of the document's language pay in, unless signs of a country speak against it."""
    if not evidence.locales or evidence.locales[0].weight < _SURE_LANGUAGE:
        return None
    usual = evidence.locales[0].locale.currencies
    currencies = {code for code in usual if evidence.style.decimal != "," or code not in _POINTED}
    signs = {found.country.currency for found in evidence.countries}
    if signs == {usual[0]} and evidence.style.decimal == ",":
        return usual[0]
    return currencies.pop() if len(currencies) == 1 and signs <= currencies else None
