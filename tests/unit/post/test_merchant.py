"""A company's name and nothing around it."""

import pytest

from lib.document import BBox, OcrDocument, Page, Span, Word
from lib.post.evidence import Evidence
from lib.post.merchant import read_merchant, read_merchant_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("Maple & Main Hardware", "Maple & Main Hardware", id="as it is"),
        pytest.param("  Maple   Hardware ", "Maple Hardware", id="spaces"),
        pytest.param("*** CORNER SHOP ***", "CORNER SHOP", id="ornaments"),
        pytest.param('"Corner Shop"', "Corner Shop", id="quotes"),
        pytest.param("ООО «Северный Мост»", "ООО «Северный Мост»", id="quotes that belong to the name"),
        pytest.param("Corner Shop,", "Corner Shop", id="comma behind"),
        pytest.param("Corner Shop.", "Corner Shop", id="full stop behind"),
        pytest.param("Corner Shop Ltd.", "Corner Shop Ltd.", id="abbreviation keeps its point"),
        pytest.param("Ferretería Sol S.L.", "Ferretería Sol S.L.", id="Spanish abbreviation"),
        pytest.param("KEDAI BUKU SDN BHD (123456-X)", "KEDAI BUKU SDN BHD", id="registration number"),
        pytest.param("KEDAI BUKU SDN BHD 123456-X", "KEDAI BUKU SDN BHD", id="registration number without brackets"),
        pytest.param("MEGAH (JOHOR) SDN BHD", "MEGAH (JOHOR) SDN BHD", id="brackets that belong to the name"),
        pytest.param("Corner Shop Tel: 01234 567890", "Corner Shop", id="telephone behind"),
        pytest.param("Corner Shop GSTIN: 29ABCDE1234F1Z5", "Corner Shop", id="tax number behind"),
        pytest.param("Corner Shop, VAT No. 123 4567 89", "Corner Shop", id="VAT number behind a comma"),
        pytest.param("CORNER SHOP :X2X4416 08", "CORNER SHOP", id="a number behind a colon"),
        pytest.param("The Phone Corner 24", "The Phone Corner 24", id="a telephone that belongs to the name"),
        pytest.param("Hotel 21 Palms", "Hotel 21 Palms", id="a number in the middle"),
        pytest.param("Burger Hut #68228", "Burger Hut #68228", id="number of a branch"),
        pytest.param("Seller: Acme GmbH", "Acme GmbH", id="label"),
        pytest.param("Verkäufer: Acme GmbH", "Acme GmbH", id="label in German"),
        pytest.param("Bar: Celona", "Bar: Celona", id="a colon in a name"),
        pytest.param("Acme GmbH - Musterweg 1 - 12345 Berlin", "Acme GmbH", id="sender line with dashes"),
        pytest.param("Acme GmbH, Musterweg 1, 12345 Berlin", "Acme GmbH", id="sender line with commas"),
        pytest.param("Acme GmbH • Musterweg 1 • 12345 Berlin", "Acme GmbH", id="sender line with dots"),
        pytest.param("Smith, Jones & Partners", "Smith, Jones & Partners", id="commas in a name"),
        pytest.param("CITY - KIOSK", "CITY - KIOSK", id="dash in a name"),
        pytest.param("7 Days Kiosk", "7 Days Kiosk", id="a number in front"),
        pytest.param("N0RDSTERN Markt", "NORDSTERN Markt", id="a look-alike in capitals"),
        pytest.param("Be1len Garten", "Bellen Garten", id="a look-alike in small letters"),
        pytest.param("MP3 Shop H2O 24h", "MP3 Shop H2O 24h", id="digits that belong to the name"),
        pytest.param("Adler am Marktplatz", "Adler am Marktplatz", id="an inn that is named by its place"),
    ],
)
def test_merchant_is_trimmed_to_its_name(text: str, name: str) -> None:
    """Labels, addresses and register numbers go; what belongs to the name stays."""
    outcome = read_merchant(text)

    assert (outcome.value, outcome.problem) == (name, None)


@pytest.mark.parametrize(
    "text", ["", "12345", "***", "12345 Berlin", "Musterstraße 12", "Main Street 5", "Am Marktplatz", "No. 53", "X"]
)
def test_text_that_is_no_name_is_unparsable(text: str) -> None:
    """An address or a number is no merchant."""
    outcome = read_merchant(text)

    assert (outcome.value, outcome.problem) == (None, "unparsable")


def evidence_of(*lines: tuple[str, float], script: str = "") -> Evidence:
    """A page of lines, each with OCR's confidence."""
    words, spans = [], []
    for row, (text, confidence) in enumerate(lines):
        box = BBox(20, 20 + 30 * row, 20 + 10 * len(text), 40 + 30 * row)
        parts = text.split()
        step = box.width / len(parts)
        words += [Word(p, BBox(20 + i * step, box.y0, 15 + (i + 1) * step, box.y1)) for i, p in enumerate(parts)]
        spans.append(Span(text, box.as_polygon(), confidence))
    page = Page(
        page_index=0, width=800, height=800, source="ocr", words=tuple(words), spans=tuple(spans), script=script
    )
    return Evidence.of(OcrDocument((page,)))


def test_name_that_ocr_hardly_read_and_nothing_repeats_is_none() -> None:
    """Logos come out as letters of no word: null is better."""
    outcome = read_merchant_of("Tqnai Bvel", evidence_of(("Tqnai Bvel", 0.7), ("Tea 2.50", 0.99)))

    assert (outcome.value, outcome.problem) == (None, "weak_evidence")


@pytest.mark.parametrize(
    ("confidence", "certainty"),
    [
        pytest.param(0.99, 1.0, id="sure"),
        pytest.param(0.92, 0.8, id="nearly sure"),
        pytest.param(0.85, 0.6, id="doubted"),
    ],
)
def test_name_is_as_sure_as_its_letters(confidence: float, certainty: float) -> None:
    """What stands once, and was read with doubt, is answered with doubt."""
    outcome = read_merchant_of("Blue Fern", evidence_of(("Blue Fern", confidence), ("Tea 2.50", 0.99)))

    assert outcome.value == "Blue Fern"
    assert outcome.certainty == pytest.approx(certainty)


def test_name_in_another_script_is_not_doubted_for_its_recognizers_confidence() -> None:
    """Tesseract gives Arabic and Greek that it reads rightly 0.6 to 0.9."""
    evidence = evidence_of(("Φούρνος Δημητρίου", 0.66), ("Ψωμί 2.50", 0.9), script="Greek")

    assert read_merchant_of("Φούρνος Δημητρίου", evidence).certainty == 1.0


def test_name_that_stands_twice_is_not_doubted() -> None:
    """OCR does not err alike in two places."""
    evidence = evidence_of(("Blue Fern", 0.7), ("Tea 2.50", 0.99), ("Blue Fern thanks you", 0.99))

    assert read_merchant_of("Blue Fern", evidence).certainty == 1.0


def test_picture_beside_a_name_is_cut_off_and_raises_no_doubt() -> None:
    """OCR reads an icon as a Chinese character, with little confidence in the line."""
    outcome = read_merchant_of("飞 BLUE FERN", evidence_of(("飞 BLUE FERN", 0.6), ("Tea 2.50", 0.99)))

    assert (outcome.value, outcome.certainty) == ("BLUE FERN", 1.0)


def test_chinese_characters_of_a_chinese_document_belong_to_the_name() -> None:
    """They are no pictures there."""
    evidence = evidence_of(("MAPLE 超市", 0.99), ("收据 谢谢惠顾", 0.99), ("茶叶 2.50", 0.99))

    assert read_merchant_of("MAPLE 超市", evidence).value == "MAPLE 超市"


def test_stray_letter_raises_no_doubt_about_a_name_that_begins_with_it() -> None:
    """OCR finds single letters in ornaments."""
    evidence = evidence_of(("B", 0.4), ("Blue Fern", 0.99), ("Tea 2.50", 0.99))

    assert read_merchant_of("Blue Fern", evidence).certainty == 1.0
