"""The details of a document: all that it states beyond the six fields.

In: an OCR document, and the fields that are settled. Out: `Details`. `reader` has the verb; nothing is loaded here.
"""
