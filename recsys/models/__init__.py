"""What fits the parts that are served, with torch; imports `recommender`, `serving`, `data` and `config`."""
