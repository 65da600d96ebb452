"""PDF files -> pages with their text, or pixels.

What imports pypdfium2 runs in a process of its own, which starts with little, so that nothing is imported here:

    document     an open PDF, its pages and their frame      text_layer      whether a page's text stands in for OCR
    outline      sizes and text layers of all pages          text_lines      characters -> words
    rendering    pages and parts of them as pixels           text_spans      words -> spans
    content      the characters of a page                    letter_spacing  which spread letters are one word
    artwork      images and curves                           right_to_left   letters in the order they are read in
    attachments  files inside                                page_pictures   logos beside the text
    headless     files without their first line              text_doubt      layers whose letters stand for others
"""
