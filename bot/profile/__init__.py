"""What the bot knows of a person, and shows them."""
