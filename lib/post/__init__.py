"""After the reader: answers -> normalized, checked fields. Pure."""
