"""The admin's panel: one message, a page for each concern."""
