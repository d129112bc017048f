"""The parts of a fitted recommender, which answer with numpy alone. Knows `recsys.data`."""
