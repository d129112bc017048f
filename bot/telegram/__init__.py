"""The plumbing between Telegram and the features; nothing here knows a film."""
