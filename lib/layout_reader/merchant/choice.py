"""Which text of a document names the merchant.

In: a `ParsedDocument` and a ranker. Out: an answer.
"""

import re
from collections.abc import Sequence
from typing import Final

from lib.document import Answer
from lib.layout_reader.merchant.brands import prefer_brand
from lib.layout_reader.merchant.candidates import MerchantCandidate, merchant_candidates
from lib.layout_reader.merchant.features import merchant_features
from lib.layout_reader.merchant.footers import prefer_footer
from lib.layout_reader.merchant.parties import without_customers
from lib.layout_reader.merchant.spelling import as_printed
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.ranking.answers import likely_answer
from lib.layout_reader.ranking.ranker import Ranker

_LEAST_MERCHANT: Final = 0.4
"""Of four less likely names, of sources that were not trained on, one was right."""

_LEAST_UNLABELED: Final = 0.25
"""The same without Latin letters: where no label is in their script, even clear names are hardly likelier than that."""


def find_merchant(parsed: ParsedDocument, *, ranker: Ranker) -> Answer:
    """The likeliest name, as the document prints it best."""
    candidates = merchant_candidates(parsed)
    features = merchant_features(parsed, candidates)
    likely = without_customers(features, ranker.probabilities("merchant", features))
    index = prefer_brand(parsed, candidates, likely) if candidates else None
    index = prefer_footer(parsed, candidates, features, index) if index is not None else None
    places = [as_printed(each, candidates) if i == index else each for i, each in enumerate(candidates)]
    same = [] if index is None else _same_names(candidates, index)
    is_latin = index is not None and re.search("[a-z]", candidates[index].folded) is not None
    least = _LEAST_MERCHANT if is_latin else _LEAST_UNLABELED
    return likely_answer("merchant", places, likely, index, least=least, ranker=ranker, same=same)


def _same_names(candidates: Sequence[MerchantCandidate], index: int) -> list[int]:
    """Candidates that are the chosen name or a part of it, or that hold it."""
    name = candidates[index].folded
    return [i for i, each in enumerate(candidates) if i != index and (each.folded in name or name in each.folded)]
