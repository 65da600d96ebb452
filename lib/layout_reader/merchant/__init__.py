"""Which text of a document names the merchant."""
