"""What keeps a bot running: updates, trainings, models, flags, notices, audit; imports `people` and below."""
