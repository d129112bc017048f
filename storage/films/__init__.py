"""The films that a database knows: their rows, and how one is found by another data set."""
