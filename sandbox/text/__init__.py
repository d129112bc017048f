"""Telegram's text: message entities, and the HTML that they come from. Imports nothing of the sandbox."""
