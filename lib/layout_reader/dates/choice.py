"""Which date of a document is its own.

In: a `ParsedDocument`, what stands around its places, and a ranker. Out: an answer.
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np

from lib.document import Answer
from lib.layout_reader.dates.candidates import date_candidates
from lib.layout_reader.dates.features import date_features, overruled
from lib.layout_reader.dates.other_dates import worth_of
from lib.layout_reader.page.context import Context
from lib.layout_reader.page.parsing import ParsedDocument
from lib.layout_reader.ranking.answers import likely_answer
from lib.layout_reader.ranking.ranker import Ranker

_LEAST_DATE: Final = 0.1


def find_date(parsed: ParsedDocument, *, context: Context, ranker: Ranker) -> Answer:
    """The likeliest day of issue; no day after today."""
    candidates = date_candidates(parsed)
    features = date_features(parsed, candidates, context=context)
    likely = ranker.probabilities("date", features)
    worth = worth_of(parsed, candidates, today=datetime.now(UTC).date())
    likely = np.where(overruled(parsed, candidates, features, context=context), 0.0, likely * worth)
    index = int(likely.argmax()) if candidates else None
    places = [candidate.places[0] for candidate in candidates]
    return likely_answer("date", places, likely, index, least=_LEAST_DATE, ranker=ranker)
