"""Dates in lines of text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.grammar.date_forms import FIRST_YEAR, LAST_YEAR
from lib.grammar.dates import find_dates, infer_order, parse_date, reading_of
from lib.grammar.locales import DateOrder, Locale, load_locales

CHRISTMAS = date(2018, 12, 25)
DOCUMENT_DATES = st.dates(min_value=date(2000, 1, 1), max_value=date(LAST_YEAR, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("25/12/2018", id="slashes"),
        pytest.param("25.12.2018", id="points"),
        pytest.param("25-12-2018", id="dashes"),
        pytest.param("25 12 2018", id="spaces"),
        pytest.param("25/12-2018", id="two separators"),
        pytest.param("25. 12. 2018", id="points and spaces"),
        pytest.param("25 / 12 / 2018", id="slashes and spaces"),
        pytest.param("12/25/2018", id="month first"),
        pytest.param("2018-12-25", id="ISO"),
        pytest.param("2018/12/25", id="year first"),
        pytest.param("2018. 12. 25.", id="Hungarian"),
        pytest.param("2018-12-25T13:45:10Z", id="ISO with time"),
        pytest.param("2018年12月25日", id="Japanese"),
        pytest.param("2018년 12월 25일", id="Korean"),
        pytest.param("平成30年12月25日", id="Heisei"),
        pytest.param("民國107年12月25日", id="Republic of China"),
        pytest.param("25/12/2018 13:45:10", id="time behind"),
        pytest.param("13:45 25.12.2018", id="time in front"),
        pytest.param("25.12.18 - 13:45", id="time behind a dash"),
        pytest.param("FRI25.12.18", id="weekday glued on"),
        pytest.param("25/12/201813:45", id="time glued on"),
        pytest.param("25/12/20181:45PM", id="short time glued on"),
        pytest.param("13:4525/12/2018", id="time glued on in front"),
        pytest.param("13:45:1025.12.18", id="time with seconds glued on in front"),
        pytest.param("25DEC2018", id="glued"),
        pytest.param("25-DEC-18 09:30", id="two-digit year"),
        pytest.param("25-DEC-1809:30", id="two-digit year, time glued on"),
        pytest.param("Dec25,2018", id="American, glued"),
        pytest.param("DateDec25,2018", id="label glued on"),
        pytest.param("December 25th, 2018", id="American"),
        pytest.param("25th of December 2018", id="English"),
        pytest.param("Tue, 25 Dec 2018", id="weekday"),
        pytest.param("Dec25'18", id="apostrophe"),
        pytest.param("Dec 25 2018", id="spaces only"),
        pytest.param("25. Dezember 2018", id="German"),
        pytest.param("25 décembre 2018", id="French"),
        pytest.param("25 DECEMBRE 2018", id="French without accents"),
        pytest.param("25 de diciembre de 2018", id="Spanish"),
        pytest.param("25 grudnia 2018 r.", id="Polish"),
        pytest.param("25 декабря 2018 г.", id="Russian"),
        pytest.param("ngày 25 tháng 12 năm 2018", id="Vietnamese"),
        pytest.param("25 ธันวาคม 2561", id="Thai, Buddhist era"),
        pytest.param("25 ธ.ค. 2561", id="Thai, abbreviated"),
        pytest.param("วันที่ 25.12.61", id="Buddhist era, two digits beside Thai letters"),
        pytest.param("25/12/2561", id="Buddhist era in numbers"),
        pytest.param("２５／１２／２０１８", id="full width"),
        pytest.param("25/l2/2O18", id="look-alikes"),
        pytest.param("25 décembre 2O18", id="look-alike in the year"),
        pytest.param("25.12 2018 13:45", id="a point that OCR lost"),
        pytest.param("25.12.2018-13.45", id="time with a point behind a dash"),
        pytest.param("25-12-201811-50", id="time with a dash glued on"),
        pytest.param("25-D ec-2018", id="month torn in two"),
        pytest.param("Date 20181225", id="compact, announced"),
        pytest.param("20181225 13:45", id="compact with a time"),
        pytest.param("20181225", id="compact alone"),
        pytest.param("25122018", id="compact, day first"),
    ],
)
def test_date_in_any_form_is_read(text: str) -> None:
    """One Christmas, however it is written."""
    assert parse_date(text) == CHRISTMAS


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("0ct30'18", date(2018, 10, 30), id="zero for O"),
        pytest.param("Ju103'12", date(2012, 7, 3), id="one for l"),
        pytest.param("230CT2021", date(2021, 10, 23), id="zero for O behind the day"),
        pytest.param("I2/25/2018", date(2018, 12, 25), id="I for one at the beginning"),
        pytest.param("令和元年5月3日", date(2019, 5, 3), id="first year of an era"),
    ],
)
def test_date_with_unusual_characters_is_read(text: str, value: date) -> None:
    """OCR's confusions in month names, and eras that begin."""
    assert parse_date(text) == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("12/2018", id="no day"),
        pytest.param("25 December", id="no year"),
        pytest.param("25/12", id="no year, numeric"),
        pytest.param("31/02/2018", id="no such day"),
        pytest.param("25/13/2018", id="no such month"),
        pytest.param("25/12/1234", id="no year of a document"),
        pytest.param("25/12/2418", id="no year of any era"),
        pytest.param("12.50 13.00 2018", id="amounts"),
        pytest.param("012 34 5678", id="phone"),
        pytest.param("192.168.12.20", id="address of a machine"),
        pytest.param("+6 03 2026 6386", id="phone with a year inside"),
        pytest.param("012 25 12 2018", id="four groups of digits"),
        pytest.param("RC11-12-18", id="article number"),
        pytest.param("HC03-7 - 15", id="article number with a space"),
        pytest.param("CK 11-12-31 - 10/400", id="article number that goes on"),
        pytest.param("25/12/1985", id="too old for a document"),
        pytest.param("9556120181225", id="barcode with a date inside"),
        pytest.param("Invoice 20181225", id="compact, not announced"),
        pytest.param("2 MARS 1.50", id="chocolate"),
        pytest.param("3 Apples 20", id="no month"),
        pytest.param("TEM.2,49", id="a price behind a month's letters"),
        pytest.param("DEC 5,00 10.00", id="prices behind a month's letters"),
        pytest.param("Tissue 230CT", id="a count"),
        pytest.param("", id="nothing"),
    ],
)
def test_text_without_whole_date_has_none(text: str) -> None:
    """No day, month or year is made up."""
    assert find_dates(text) == ()


@pytest.mark.parametrize(
    ("text", "readings", "orders"),
    [
        pytest.param("03/04/2024", ["2024-04-03", "2024-03-04"], ["dmy", "mdy"], id="day or month first"),
        pytest.param("03.04.2024", ["2024-04-03"], ["dmy"], id="points put the day first"),
        pytest.param("18-12-25", ["2025-12-18", "2018-12-25"], ["dmy", "ymd"], id="two-digit year at either end"),
        pytest.param("01/02/03", ["2003-02-01", "2003-01-02", "2001-02-03"], ["dmy", "mdy", "ymd"], id="anything"),
        pytest.param("05/05/2024", ["2024-05-05"], ["dmy"], id="the same either way"),
    ],
)
def test_ambiguous_date_keeps_every_reading(text: str, readings: list[str], orders: list[str]) -> None:
    """What a date can mean is for the document to decide; the most usual reading comes first."""
    (match,) = find_dates(text)

    assert [str(reading) for reading in match.readings] == readings
    assert list(match.orders) == orders


@pytest.mark.parametrize(
    ("order", "value"),
    [("dmy", date(2024, 4, 3)), ("mdy", date(2024, 3, 4)), ("ymd", None), (None, None)],
)
def test_reading_of_ambiguous_date_follows_the_order(order: DateOrder | None, value: date | None) -> None:
    """An order decides; without one the date stays open."""
    (match,) = find_dates("03/04/2024")

    assert reading_of(match, order=order) == value
    assert parse_date("on 03/04/2024", order=order) == value


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        pytest.param(["03/04/2024", "25/12/2024"], "dmy", id="day first"),
        pytest.param(["03/04/2024", "12/25/2024"], "mdy", id="month first"),
        pytest.param(["03/04/2024", "Dec 25, 2024"], "mdy", id="month's name first"),
        pytest.param(["25/12/2024", "26/12/2024", "12/27/2024"], "dmy", id="majority"),
        pytest.param(["25/12/2024", "12/27/2024"], None, id="tie"),
        pytest.param(["03/04/2024"], None, id="nothing decides"),
        pytest.param(["2024-12-25", "03/04/2024"], None, id="a year in front decides nothing"),
        pytest.param([], None, id="no dates"),
    ],
)
def test_order_is_inferred_from_unambiguous_dates(texts: list[str], order: str | None) -> None:
    """Dates that allow one order only tell how the others are meant."""
    assert infer_order(match for text in texts for match in find_dates(text)) == order


def test_order_of_undecided_document_is_the_hint() -> None:
    """The hint counts only where the dates say nothing."""
    assert infer_order(find_dates("03/04/2024"), hint="mdy") == "mdy"
    assert infer_order(find_dates("25/12/2024"), hint="mdy") == "dmy"


def test_dates_of_one_line_do_not_overlap() -> None:
    """Two dates of a period are two matches, in order."""
    matches = find_dates("Period 01.12.2018 - 31.12.2018, issued 2019-01-05")

    assert [match.text for match in matches] == ["01.12.2018", "31.12.2018", "2019-01-05"]


def test_parse_date_of_two_dates_is_none() -> None:
    """A text with two dates is not one date."""
    assert parse_date("01.12.2018 - 31.12.2018") is None


@given(st.text(max_size=80))
def test_any_text_gives_well_formed_dates(text: str) -> None:
    """No text makes the grammar raise; every match has a reading in range, in digits that the text has."""
    position = 0
    for match in find_dates(text):
        assert position <= match.start < match.end <= len(text)
        assert match.text == text[match.start : match.end]
        assert match.readings
        assert len(match.readings) == len(match.orders) == len(set(match.readings))
        assert all(FIRST_YEAR <= reading.year <= LAST_YEAR for reading in match.readings)
        position = match.end


@given(st.text(alphabet="0123456789/.- ,:'ODecjanl年月日T", max_size=30))
def test_any_date_like_text_gives_days_that_it_states(text: str) -> None:
    """A day of the month is never invented: its digits stand in the text."""
    for match in find_dates(text):
        digits = "".join("0" if c in "Oo" else "1" if c in "Il|" else c for c in match.text)
        assert all(str(reading.day) in digits for reading in match.readings)


@pytest.mark.parametrize("locale", [pytest.param(locale, id=locale.code) for locale in load_locales() if locale.months])
@given(day=DOCUMENT_DATES, data=st.data())
def test_date_in_a_locale_is_read_back(locale: Locale, day: date, data: st.DataObject) -> None:
    """Every name of a month in every language, in the order that the language uses and in the American one."""
    names = locale.months[day.month - 1]
    name = data.draw(st.sampled_from(names))
    form = data.draw(
        st.sampled_from(["{d}. {m} {y}", "{d} {m} {y}", "{d:02}-{m}-{y}", "{m} {d}, {y}", "{y} {m} {d:02}"])
    )

    assert parse_date(form.format(d=day.day, m=name, y=day.year)) == day


@given(
    day=DOCUMENT_DATES,
    form=st.sampled_from([("%d{}%m{}%Y", "dmy"), ("%m{}%d{}%Y", "mdy"), ("%Y{}%m{}%d", "ymd"), ("%d{}%m{}%y", "dmy")]),
    separator=st.sampled_from(["/", "-"]),
    time=st.sampled_from(["", " 13:45", " 08:13:39 PM", "13:45"]),
)
def test_numeric_date_is_read_back_in_its_order(
    day: date, form: tuple[str, DateOrder], separator: str, time: str
) -> None:
    """A numeric date, with a time behind it or glued on, is read as it was meant where the order is known."""
    pattern, order = form
    written = day.strftime(pattern.format(separator, separator)) + time

    (match,) = find_dates(written)

    assert reading_of(match, order=order) == day


def test_date_behind_a_number_and_a_preposition_is_found() -> None:
    """In "38 del 31 ottobre 2023" the number and "del" are no day and no month."""
    (match,) = find_dates("Fattura n. 38 del 31 ottobre 2023")

    assert (match.text, match.readings) == ("31 ottobre 2023", (date(2023, 10, 31),))


@pytest.mark.parametrize("text", ["Table 7 Apr 28, 2025", "7 Apr 28 2025", "Order 7 Apr 28, 2025 18:30"])
def test_number_in_front_of_a_written_date_is_no_day(text: str) -> None:
    """Two digits are no year where a year follows them."""
    (match,) = find_dates(text)

    assert match.readings == (date(2025, 4, 28),)
