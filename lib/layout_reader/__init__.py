"""The embedded reader: words and boxes -> candidates -> features -> ranking -> answers. Pure but for its data files."""
