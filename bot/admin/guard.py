"""Who administers this bot."""

from __future__ import annotations

from collections.abc import Iterable


class Admins:
    """Telegram's ids of the admins, as the settings name them."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = tuple(ids)
