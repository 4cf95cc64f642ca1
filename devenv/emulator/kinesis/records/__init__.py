"""Records: put, kept on disk, read from a position, and trimmed when they are too old."""
