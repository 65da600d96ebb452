"""Image files -> the pixels of upright pages.

`decoding` has the verbs, `formats` who opens a file of each type, `parts` refuses files of too many parts,
`orientation` tells which way is up from the lines that were found.
"""
