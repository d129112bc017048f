"""What the bot knows of films and of taste: the library, the model that serves, and where models are kept."""
