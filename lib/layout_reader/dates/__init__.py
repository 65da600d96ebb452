"""Which date of a document is its own."""
