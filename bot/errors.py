"""What goes wrong in the bot on purpose.

BotError
├── SettingsError      one or more settings are wrong; the text names each
├── HomeInUse          another process holds this home
├── NotPrepared        there is no usable model yet
├── CatalogChanged     database and model speak of different data sets
├── StaleButton        a button of another version, or of something that is gone
└── GaveUp             Telegram refuses for good: wrong token, or a second instance
"""

from __future__ import annotations

__all__ = [
    "BotError",
    "CatalogChanged",
    "GaveUp",
    "HomeInUse",
    "NotPrepared",
    "SettingsError",
    "StaleButton",
]


class BotError(Exception):
    """Base of all errors of the bot; the text is fit to be shown to an operator."""


class SettingsError(BotError):
    """One or more settings are wrong."""


class HomeInUse(BotError):
    """Another process holds this home."""


class NotPrepared(BotError):
    """No usable model in this home."""


class CatalogChanged(BotError):
    """The database knows films by another data set than the model's."""


class StaleButton(BotError):
    """A button that this version cannot read, or whose subject is gone."""


class GaveUp(BotError):
    """Telegram refuses for good."""
