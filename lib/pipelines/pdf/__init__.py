"""PDF files -> pages with their text, or pixels.

What imports pypdfium2 runs in a process of its own, which starts with little, so that nothing is imported here:

    document     an open PDF, its pages and their frame      text_layer      whether a page's text stands in for OCR
    outline      sizes and text layers of all pages          text_lines      characters -> words -> spans
    rendering    pages and parts of them as pixels           letter_spacing  which spread letters are one word
    content      the characters of a page                    right_to_left   letters in the order they are read in
    artwork      images and curves                           page_pictures   logos beside the text
    attachments  files inside                                text_doubt      layers whose letters stand for others
    headless     files without their first line
"""
