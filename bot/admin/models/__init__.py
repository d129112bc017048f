"""Versions of the model: which there are, which serves, and the way back."""
