"""Words of pages -> rows, cells, and what the grammar finds in them; where things stand among each other."""
