"""The parts of a fitted recommender, which answer with numpy alone; imports `data` and `config`."""
