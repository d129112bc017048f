"""Whose ratings count: flags of brigades, and people kept out of training or let in."""
