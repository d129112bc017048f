"""Commands, panel and notices for those who run the bot; imports what every room does, and no other room."""
