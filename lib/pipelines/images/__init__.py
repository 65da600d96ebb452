"""Image files -> the pixels of upright pages."""
