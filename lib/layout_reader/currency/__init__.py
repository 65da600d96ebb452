"""Which currency a document's amounts are in."""
