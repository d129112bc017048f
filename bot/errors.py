"""What goes wrong in the bot on purpose.

BotError
├── SettingsError      one or more settings are wrong; the text names each
├── HomeInUse          another process holds this home
├── NotPrepared        there is no usable model yet
├── StoreFailed        the place where models are kept does not answer
├── CatalogChanged     database and model speak of different data sets
├── UnknownGenres      a list of films with genres that there are not
├── TrainingFailed     a training ended without a model; the text says why
├── PictureFailed      a picture that could not be drawn
├── UnclearRequest     words on the command line that could not be understood
├── StaleButton        a button of another version, or of something that is gone
└── GaveUp             Telegram refuses for good: wrong token, or a second instance
"""

from __future__ import annotations


class BotError(Exception):
    """Base of all errors of the bot; the text is fit to be shown to an operator."""


class SettingsError(BotError):
    """One or more settings are wrong."""


class HomeInUse(BotError):
    """Another process holds this home."""


class NotPrepared(BotError):
    """No usable model in this home."""


class StoreFailed(BotError):
    """Models cannot be read from, or written to, where they are kept."""


class CatalogChanged(BotError):
    """The database knows films by another data set than the model's."""


class TrainingFailed(BotError):
    """A training ended without a model."""


class UnknownGenres(BotError):
    """A list of films names genres that nobody knows; the text says in which lines."""


class PictureFailed(BotError):
    """A picture that could not be drawn; the text says why, and what to do."""


class UnclearRequest(BotError):
    """A title or rating on the command line that could not be understood; the text says what would help."""


class StaleButton(BotError):
    """A button that this version cannot read, or whose subject is gone."""


class GaveUp(BotError):
    """Telegram refuses for good."""
