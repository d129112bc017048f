"""What is known of each person: ratings, marks, lists, filters, answers; imports `films` and below."""
