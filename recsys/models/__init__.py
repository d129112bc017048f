"""What fits the parts that are served, with torch, some of it also with numpy alone.

Imports `recommender`, `serving`, `data` and `config`.
"""
