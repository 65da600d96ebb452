"""lib/pipelines/einvoice/choice.py: one invoice among several files, or none."""

import pytest

from lib.document import Attachment
from lib.pipelines.einvoice.choice import choose_einvoice
from tests.einvoices import billion_laughs, cii_xml, ubl_xml

FIRST = cii_xml(seller="First Ltd").encode()
SECOND = cii_xml(seller="Second Ltd").encode()
OTHER_KIND = b"<orders/>"
BROKEN = b"<rsm:CrossIndustryInvoice"


def attached(name: str, content: bytes | None, relationship: str | None = "Alternative") -> Attachment:
    """A file of a PDF."""
    return Attachment(name, relationship, content)


@pytest.mark.parametrize(
    ("attachments", "seller", "warnings"),
    [
        pytest.param([], None, (), id="nothing"),
        pytest.param([attached("factur-x.xml", FIRST)], "First Ltd", (), id="one"),
        pytest.param([attached("invoice 7.XML", FIRST, None)], "First Ltd", (), id="one under a name of its own"),
        pytest.param([attached("extra.xml", FIRST, "Supplement")], None, (), id="one called supplement"),
        pytest.param([attached("factur-x.xml", FIRST, "Supplement")], "First Ltd", (), id="own name called supplement"),
        pytest.param([attached("orders.xml", OTHER_KIND)], None, (), id="XML of another kind"),
        pytest.param(
            [attached("a.xml", SECOND), attached("ZUGFeRD-invoice.xml", FIRST)], "First Ltd", (), id="own name wins"
        ),
        pytest.param(
            [attached("factur-x.xml", OTHER_KIND), attached("a.xml", FIRST)],
            None,
            ("einvoice_unreadable",),
            id="own name on XML of another kind",
        ),
        pytest.param(
            [attached("a.xml", SECOND, "Supplement"), attached("b.xml", FIRST, "Data")],
            "First Ltd",
            (),
            id="a supplement does not count",
        ),
        pytest.param(
            [attached("factur-x.xml", FIRST), attached("xrechnung.xml", SECOND)],
            None,
            ("einvoice_ambiguous",),
            id="two that disagree",
        ),
        pytest.param(
            [attached("factur-x.xml", FIRST), attached("factur-x.xml", SECOND)],
            None,
            ("einvoice_ambiguous",),
            id="two of one name",
        ),
        pytest.param(
            [attached("factur-x.xml", FIRST), attached("xrechnung.xml", FIRST)], "First Ltd", (), id="two that agree"
        ),
        pytest.param(
            [attached("factur-x.xml", BROKEN), attached("a.xml", FIRST)],
            None,
            ("einvoice_unreadable",),
            id="own name damaged: another invoice does not take its place",
        ),
        pytest.param(
            [attached("a.xml", BROKEN), attached("b.xml", FIRST)],
            "First Ltd",
            ("einvoice_unreadable",),
            id="one of two damaged",
        ),
        pytest.param([attached("factur-x.xml", None)], None, ("einvoice_unreadable",), id="too large"),
        pytest.param(
            [attached("factur-x.xml", billion_laughs())], None, ("einvoice_unreadable",), id="a bomb of entities"
        ),
    ],
)
def test_choose_einvoice_among_files(
    attachments: list[Attachment], seller: str | None, warnings: tuple[str, ...]
) -> None:
    """The order of the files does not matter; doubt gives none."""
    for files in (attachments, attachments[::-1]):
        finding = choose_einvoice(files)

        assert (finding.invoice and finding.invoice.merchant, finding.warnings) == (seller, warnings)


def test_choose_einvoice_two_formats_of_one_invoice_agree() -> None:
    """What counts is what they state."""
    finding = choose_einvoice([attached("a.xml", ubl_xml().encode()), attached("b.xml", cii_xml().encode())])

    assert finding.invoice is not None
    assert finding.warnings == ()
