"""Features of candidates -> how likely each is the answer, and what that is worth. Knows nothing of documents' fields.

`model` is what scripts/train_reader.py learned, `trees` evaluates it, `ranker` is its interface.
"""

from lib.layout_reader.ranking.model import load_model

__all__ = ["load_model"]
