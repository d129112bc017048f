"""The first minute: a greeting and the genres."""
