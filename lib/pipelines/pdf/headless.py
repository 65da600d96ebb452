"""PDFs whose first line, `%PDF-1.7`, is missing, as downloads that were cut at their head are.

In: bytes. Out: whether they are a PDF all the same, and the PDF with its header. Pure.

Viewers look for the header in the first 1,024 bytes; where it is missing, most still find the objects and the end.
Source: ISO 32000-1, 7.5, and annex H, implementation note 13.
"""

import re

HEAD_BYTES = 1024
TAIL_BYTES = 2048

_OBJECT = re.compile(rb"(?:^|[\r\n])\d{1,9} \d{1,5} obj\b")


def is_headless_pdf(content: bytes) -> bool:
    """Whether a file without a header begins with an object and ends as a PDF does."""
    tail = content[-TAIL_BYTES:]
    return _OBJECT.search(content[:HEAD_BYTES]) is not None and b"startxref" in tail and b"%%EOF" in tail


def with_header(content: bytes) -> bytes:
    """A PDF with a header; its table of objects is then rebuilt by whoever opens it."""
    return content if b"%PDF-" in content[: HEAD_BYTES + len(b"%PDF-")] else b"%PDF-1.7\n" + content
