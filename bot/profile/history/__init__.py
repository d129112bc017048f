"""/history: a person's ratings, all of them or those that a search finds."""
