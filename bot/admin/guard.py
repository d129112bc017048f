"""Who administers this bot: asked by every use case of the admin's seat, before anything else."""

from __future__ import annotations

from collections.abc import Iterable

from bot.errors import NotAdmin


class Admins:
    """Telegram's ids of the admins, as the settings name them."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = tuple(ids)

    def require(self, telegram_id: int) -> None:
        """Raise NotAdmin for anybody else. To them there is no admin's seat at all."""
        if telegram_id not in self.ids:
            raise NotAdmin(f"{telegram_id} is no admin")
