"""What keeps a bot running: updates, trainings, models, flags, notices, the audit, statistics."""
