"""What Matinee remembers: people, films, ratings, what was shown, and the updates still to be answered."""
