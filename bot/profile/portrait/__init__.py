"""/profile: what the bot makes of a person, with its evidence."""
