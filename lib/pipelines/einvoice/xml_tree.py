"""XML bytes -> a small tree, whatever the bytes are up to.

In: bytes of unknown origin. Out: elements by their local names, without what an invoice lists or carries. The only
importer of defusedxml: no document type definition is read, so that there are no entities to expand, nothing on disk
or network to fetch. Depth and number of elements are bounded while reading, bytes by the caller. What remains, such as
a million attributes in one tag, takes seconds; that is why `stage` calls all this in a process of its own.

Source: defusedxml's README (the attacks); CVE-2023-52425 (why the bytes are fed in one piece: Expat scans an unfinished
token anew with every piece).
"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from lib.errors import UnreadableDocument

DEEPEST = 100
"""Elements inside elements; invoices nest about a dozen."""

MOST_ELEMENTS = 500_000
"""Elements of a file, those left out included: 5,000 invoice lines with all that may be said about each."""

LINES = frozenset({"IncludedSupplyChainTradeLineItem", "InvoiceLine", "CreditNoteLine"})
ATTACHED = frozenset({"AttachmentBinaryObject", "EmbeddedDocumentBinaryObject"})
"""What makes files large: lines, which are left out unless they are asked for, and documents attached as base64."""


def parse_xml(content: bytes, *, with_lines: bool = False) -> Element:
    """The root element, its tag as `{namespace}name`; below it tags are local names, attributes as they are.

    Args:
        content: The whole file, of bounded size.
        with_lines: Whether the invoice's lines are part of the tree.

    Raises:
        UnreadableDocument: It is not well-formed, has a document type definition, nests too deep or has too many
            elements, or its encoding is unknown.
    """
    outline = _Outline(ATTACHED if with_lines else ATTACHED | LINES)
    parser = DefusedXMLParser(target=outline, encoding=_true_encoding(content), forbid_dtd=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException as exc:
        raise UnreadableDocument("The XML has a document type definition, which e-invoices do not have.") from exc
    except _OutOfBoundsError as exc:
        raise UnreadableDocument(str(exc)) from exc
    except (ParseError, ValueError, LookupError) as exc:  # The latter two for encodings.
        raise UnreadableDocument("The XML is not well-formed, or not in the encoding that it declares.") from exc
    return root


class _OutOfBoundsError(Exception):
    """The file is built to be expensive."""


class _Outline:
    """Receives what the parser sees, and builds the tree without what is left out."""

    def __init__(self, left_out: frozenset[str]) -> None:
        self._left_out = left_out
        self._builder = TreeBuilder()
        self._depth = self._count = 0
        self._left_out_at = DEEPEST + 1

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise _OutOfBoundsError(
                f"The XML nests deeper than {DEEPEST} elements or has more than {MOST_ELEMENTS}, as no e-invoice does."
            )
        name = _local(tag)
        if name in self._left_out:
            self._left_out_at = min(self._left_out_at, self._depth)
        if self._depth < self._left_out_at:
            self._builder.start(tag if self._depth == 1 else name, dict(attributes))

    def data(self, text: str) -> None:
        if self._depth < self._left_out_at:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        if self._depth < self._left_out_at:
            self._builder.end(_local(tag))
        elif self._depth == self._left_out_at:
            self._left_out_at = DEEPEST + 1
        self._depth -= 1

    def close(self) -> Element:
        return self._builder.close()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _true_encoding(content: bytes) -> str | None:
    """UTF-8 where the bytes are just that, whatever the file declares; None: as it declares.

    Programs that hold XML as text often declare that text's UTF-16 and save UTF-8. Text of another encoding that
    happens to be valid UTF-8 is ASCII, or made for the purpose; zeros are those of UTF-16.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if b"\0" in content else "utf-8"
