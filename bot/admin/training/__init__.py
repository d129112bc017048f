"""Trainings by command, and one message that shows how far each is."""
