"""Words of pages -> rows and cells, and what the grammar finds in them; where things stand among each other.

`parse_document` reads a document once; `context`, `blocks` and `places` are asked about places in it. Knows no field.
"""

from lib.layout_reader.page.parsing import parse_document

__all__ = ["parse_document"]
