"""The plumbing between Telegram and the features: updates in, messages out. No file of it knows a film.

May import from process and texts.
"""
