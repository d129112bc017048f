"""/stats: how the bot is used."""
