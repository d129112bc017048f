"""What to watch: lists, cards, "more like this", and the search for a title."""
