"""PDF files -> pages with their text, or pixels. What parses PDFs runs in a process of its own."""
