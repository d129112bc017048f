"""What a process needs whatever it does: settings, the home, logs, metrics, loops that go on."""
