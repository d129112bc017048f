"""Data sets: had by name or path, read in MovieLens' layouts."""
