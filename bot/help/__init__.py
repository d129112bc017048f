"""Help, and what is said when nothing else fits."""
