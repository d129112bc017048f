"""Where ratings and films come from: files in their layouts, downloads, and a generator."""
