"""lib/pipelines/einvoice/xml_tree.py: XML in every encoding is read, hostile XML is not."""

import codecs
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.errors import UnreadableDocument
from lib.pipelines.einvoice.xml_tree import DEEPEST, MOST_ELEMENTS, parse_xml
from tests.einvoices import billion_laughs, cii_xml, external_entity

NAME = "Öxl & Söhne"


def declared(encoding: str | None) -> str:
    """A document with a name, that declares an encoding or none."""
    prolog = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else ""
    return f"{prolog}<a><b>Öxl &amp; Söhne</b></a>"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(declared("UTF-8").encode(), id="UTF-8"),
        pytest.param(declared(None).encode(), id="nothing declared"),
        pytest.param(codecs.BOM_UTF8 + declared("UTF-8").encode(), id="UTF-8 with its mark"),
        pytest.param(declared("UTF-16").encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(codecs.BOM_UTF16_BE + declared("UTF-16").encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(declared("UTF-16LE").encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(declared("ISO-8859-1").encode("latin-1"), id="ISO-8859-1"),
        pytest.param(declared("windows-1252").encode("cp1252"), id="Windows-1252"),
        pytest.param(declared("UTF-16").encode(), id="UTF-8 that says it is UTF-16"),
        pytest.param(declared("ISO-8859-1").encode(), id="UTF-8 that says it is ISO-8859-1"),
        pytest.param(declared("klingon").encode(), id="UTF-8 that says it is nothing known"),
    ],
)
def test_parse_xml_any_encoding_gives_the_same_text(content: bytes) -> None:
    """Umlauts come out as they went in."""
    assert parse_xml(content).findtext("b") == NAME


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"%PDF-1.7", id="a PDF"),
        pytest.param(b"<a><b></a>", id="not well-formed"),
        pytest.param(b"<a>", id="cut off"),
        pytest.param(b"<a/><b/>", id="two roots"),
        pytest.param(b"<a>&nbsp;</a>", id="an entity that nobody declared"),
        pytest.param(declared("UTF-8").encode("latin-1"), id="ISO-8859-1 that says it is UTF-8"),
        pytest.param(declared("klingon").encode("latin-1"), id="an unknown encoding"),
        pytest.param(declared("shift_jis").encode("latin-1"), id="an encoding of several bytes a character"),
        pytest.param(declared("zlib").encode("latin-1"), id="a codec that makes no text"),
        pytest.param(declared("UTF-16").encode("utf-16")[:-7], id="UTF-16 cut off"),
        pytest.param(b"<!DOCTYPE a><a/>", id="a document type definition"),
        pytest.param(billion_laughs(), id="billion laughs"),
        pytest.param(external_entity("http://127.0.0.1:9/x"), id="an entity on the network"),
        pytest.param(b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', id="a definition on the network"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>', id="a parameter entity"),
        pytest.param(b"<a>" * 50_000, id="nests deep"),
        pytest.param(b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), id="nests one too deep"),
    ],
)
def test_parse_xml_bad_bytes_are_refused_at_once(content: bytes) -> None:
    """Whatever is wrong, it is one error, and it costs no time."""
    start = time.monotonic()

    with pytest.raises(UnreadableDocument, match="XML"):
        parse_xml(content)

    assert time.monotonic() - start < 5  # Some milliseconds, but for a busy machine.


def test_parse_xml_external_entity_leaves_the_file_alone(tmp_path: Path) -> None:
    """A file of this machine is neither read nor told in the message."""
    secret = tmp_path / "secret.txt"
    secret.write_text("only for us", encoding="utf-8")

    with pytest.raises(UnreadableDocument) as error:
        parse_xml(external_entity(secret.as_uri()))

    assert "only for us" not in str(error.value)


def test_parse_xml_nesting_up_to_the_bound_is_read() -> None:
    """The bound itself is allowed."""
    assert parse_xml(b"<a>" * DEEPEST + b"</a>" * DEEPEST).tag == "a"


@pytest.mark.slow
def test_parse_xml_too_many_elements_are_refused() -> None:
    """Also where they are among those that are left out."""
    lines = b"<InvoiceLine>" + b"<b/>" * MOST_ELEMENTS + b"</InvoiceLine>"

    with pytest.raises(UnreadableDocument, match="as no e-invoice does"):
        parse_xml(b"<a>" + lines + b"</a>")


def test_parse_xml_lines_and_embedded_documents_are_left_out() -> None:
    """What makes invoices large is not kept; what follows it is."""
    xml = b"""<n:a xmlns:n="urn:n"><n:InvoiceLine x="1">1<n:InvoiceLine>2</n:InvoiceLine>3<n:c/></n:InvoiceLine>
        <n:d><n:AttachmentBinaryObject>JVBERi0=</n:AttachmentBinaryObject><n:e y="2">4</n:e></n:d></n:a>"""

    root = parse_xml(xml)

    assert [element.tag for element in root.iter()] == ["{urn:n}a", "d", "e"]
    assert "".join(root.itertext()).split() == ["4"]
    assert [element.attrib for element in root.iter("e")] == [{"y": "2"}]


@given(st.binary(max_size=300))
@example(b"\xff\xfe<")
@example(b'<?xml version="1.0" encoding="idna"?><a/>\xff')
def test_parse_xml_any_bytes_are_read_or_refused(content: bytes) -> None:
    """No input raises anything else."""
    try:
        parse_xml(content)
    except UnreadableDocument:
        return


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_parse_xml_damaged_invoice_is_read_or_refused(offset: int, damage: bytes) -> None:
    """Nor does an invoice with a few bytes overwritten."""
    content = cii_xml().encode()
    try:
        parse_xml(content[:offset] + damage + content[offset + len(damage) :])
    except UnreadableDocument:
        return
