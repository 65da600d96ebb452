"""lib/pipelines/pdf/attachments.py: XML files come out of a PDF; others, and too much, do not. Runs pdfium here."""

from pathlib import Path

import pytest

from lib.document import Attachment
from lib.errors import EncryptedDocument, UnreadableDocument
from lib.pipelines.pdf.attachments import MOST_ATTACHMENTS, MOST_XML_FILES, read_xml_attachments
from tests.einvoices import hybrid_pdf
from tests.pdf_writer import PdfWriter, show_lines, text_pdf

MAX_BYTES = 100_000


def read(folder: Path, content: bytes, *, max_bytes: int = MAX_BYTES) -> tuple[Attachment, ...]:
    """The attachments of a PDF given as bytes."""
    (folder / "upload.pdf").write_bytes(content)
    return read_xml_attachments(str(folder / "upload.pdf"), max_bytes)


def test_read_attachments_gives_name_relationship_and_bytes(tmp_path: Path) -> None:
    """Exactly as the PDF has them."""
    content = b"<a>\xc3\x96\r\n</a>" + bytes(range(256))

    found = read(tmp_path, hybrid_pdf([("Rechnung Ö.XML", content, "Data"), ("b.xml", b"<b/>", None)]))

    assert found == (Attachment("Rechnung Ö.XML", "Data", content), Attachment("b.xml", None, b"<b/>"))


def test_read_attachments_pdf_without_any_has_none(tmp_path: Path) -> None:
    """Most PDFs carry nothing."""
    assert read(tmp_path, text_pdf(["Hello"])) == ()


def test_read_attachments_other_files_are_passed_over(tmp_path: Path) -> None:
    """Name or type must say XML."""
    files = [("photo.png", b"x", "Supplement"), ("terms.pdf", b"y", None)]

    assert read(tmp_path, hybrid_pdf(files, media_type="image/png")) == ()


def test_read_attachments_type_alone_says_xml(tmp_path: Path) -> None:
    """Some senders give the file no such name."""
    (found,) = read(tmp_path, hybrid_pdf([("invoice", b"<a/>", "Source")], media_type="application/xml"))

    assert found == Attachment("invoice", "Source", b"<a/>")


def test_read_attachments_larger_than_the_bound_comes_without_content(tmp_path: Path) -> None:
    """A hundred megabytes in a small PDF are not handed on."""
    packed = hybrid_pdf([("factur-x.xml", b" " * 100_000_000, "Alternative")])

    (found,) = read(tmp_path, packed, max_bytes=20 * 2**20)

    assert len(packed) < 200_000
    assert found == Attachment("factur-x.xml", "Alternative", None)


def test_read_attachments_bound_is_for_all_together(tmp_path: Path) -> None:
    """Many files are no way around it."""
    found = read(tmp_path, hybrid_pdf([(f"{n}.xml", b"x" * 60_000, None) for n in range(3)] + [("3.xml", b"y", None)]))

    assert [len(each.content) if each.content is not None else None for each in found] == [60_000, None, None, 1]


def test_read_attachments_number_is_bounded(tmp_path: Path) -> None:
    """A long list is cut."""
    many = [(f"{n:03}.xml", b"<a/>", None) for n in range(MOST_XML_FILES + 5)]
    behind_others = [(f"{n:03}", b"", None) for n in range(MOST_ATTACHMENTS)] + [("999.xml", b"<a/>", None)]

    assert len(read(tmp_path, hybrid_pdf(many))) == MOST_XML_FILES
    assert read(tmp_path, hybrid_pdf(behind_others, media_type="image/png")) == ()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param(b"<< /Names [(a.xml) 99 0 R] >>", 0, id="a reference to nothing"),
        pytest.param(b"<< /Names [(a.xml) << /F (a.xml) >>] >>", 1, id="a file without content"),
        pytest.param(b"<< /Names [(a.xml) << /F (a.xml) /EF << /F 3 0 R >> >>] >>", 1, id="content that is no stream"),
        pytest.param(b"[1 2 3]", 0, id="no tree"),
    ],
)
def test_read_attachments_damaged_list_does_no_harm(tmp_path: Path, names: bytes, found: int) -> None:
    """What is not there is empty at most."""
    pdf = hybrid_pdf([]).replace(b"/EmbeddedFiles << /Names [] >>", b"/EmbeddedFiles " + names)

    assert [each.content for each in read(tmp_path, pdf)] == [b""] * found


def test_read_attachments_of_what_is_no_open_pdf_is_refused(tmp_path: Path) -> None:
    """The same errors as for its pages."""
    with pytest.raises(UnreadableDocument):
        read(tmp_path, b"%PDF-1.7 nothing")
    with pytest.raises(EncryptedDocument):
        read(tmp_path, _locked())


def _locked() -> bytes:
    writer = PdfWriter()
    writer.page(show_lines(["Hello"]))
    return writer.save(user_password=b"secret")
