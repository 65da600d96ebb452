"""How good the answers are: labelled folders, scoring, calibration, failure classes, reports and pictures.

In: a folder of labelled documents and what a service, a pipeline or a file answered for them. Out: figures, Markdown
and PNG files. Behind scripts/evaluate.py and scripts/annotate.py; no other part of lib, and no app, imports it.
"""
