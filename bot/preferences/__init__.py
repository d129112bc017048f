"""/settings: genres again, filters that stay, the time zone."""
