"""/mydata: all that is kept about a person, as a file."""
