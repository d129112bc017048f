"""The admin's seat: what runs the bot, and a view of where it drifts."""
