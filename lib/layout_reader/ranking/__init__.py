"""Features of candidates -> how likely each is the answer. Knows nothing of documents."""
