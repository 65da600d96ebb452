"""Which text of a document names the merchant.

`candidates` may be it, `features` tell what speaks for each, `choice` decides with a ranker; `parties`, `brands`,
`footers`, `seller_labels` and `spelling` know what the ranker cannot. `customers` and `sites` say whose names stand in
the document elsewhere, `name_texts` and `sentences` which texts are no names.
"""

from lib.layout_reader.merchant.choice import find_merchant

__all__ = ["find_merchant"]
