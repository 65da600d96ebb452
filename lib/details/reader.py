"""The details of a document from its pages.

In: an OCR document, and the fields that the rules settled. Out: `Details`, and codes of what does not add up.
"""

from collections.abc import Sequence

from lib.document import Field, OcrDocument
from lib.extraction import Details


def read_details(document: OcrDocument, *, fields: Sequence[Field], extras: Sequence[Field]) -> Details:
    """All that a document states beyond the six fields.

    Args:
        document: With its words in reading order.
        fields: The six, settled.
        extras: Those of EXTRA_KEYS, settled; they stand among the details as they are.
    """
    del document, fields, extras
    return Details()
