"""Draws invoices and receipts that nobody ever issued, with the truth about each.

Three things are kept apart, so that any of them can vary while the others stay: what a document says (`bill`,
`wording`, and the YAML files beside them), how it is laid out (`receipts`, `invoices`, on the marks of `paper`), and
what happened to it on its way here (`render`, `scan`). `catalog` reads the committed samples, and
`scripts/make_samples.py` writes their files.
"""
