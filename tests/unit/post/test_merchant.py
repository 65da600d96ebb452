"""A company's name and nothing around it."""

import pytest

from lib.post.merchant import read_merchant


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
