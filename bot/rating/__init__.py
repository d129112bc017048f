"""Giving stars: rounds of rating cards, and the rating row on every card."""
