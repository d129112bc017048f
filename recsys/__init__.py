"""The mathematics of taste: ratings in, stars, order and neighbours out."""
