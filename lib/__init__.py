"""The pipeline: upload -> pages -> OCR document -> answers -> fields. Knows nothing of HTTP."""
