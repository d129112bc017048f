"""Films that an admin adds or merges."""
