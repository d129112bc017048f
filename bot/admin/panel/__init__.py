"""/admin: one message, a page for each concern; imports models and training."""
