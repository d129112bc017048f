"""Trainings by command, and one message that shows how far each is; the panel builds on it."""
