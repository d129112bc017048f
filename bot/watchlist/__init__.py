"""What a person wants to watch."""
