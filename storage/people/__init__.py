"""What a database knows of each person: ratings, marks, lists, filters, answers."""
