"""The films that a database knows, and how one is found in another data set; imports `database` and below."""
