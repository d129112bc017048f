"""Movie nights: a group gathers, gets a slate, votes, and everybody sees why."""
