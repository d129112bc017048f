"""What admins did, and the bot for them."""
