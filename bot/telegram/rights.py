"""Who may decide in a group: asked of Telegram, and remembered for a moment."""

from __future__ import annotations

import time

import structlog
from telegram import Bot, ChatMember
from telegram.error import TelegramError

log = structlog.get_logger(__name__)

_REMEMBER = 30.0  # seconds; somebody who was just made an admin waits no longer
_MOST = 10_000


class Rights:
    """Admin or not. A question that Telegram does not answer is a no, and is asked again the next time."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: dict[tuple[int, int], tuple[float, bool]] = {}

    async def is_admin(self, chat_id: int, user_id: int) -> bool:
        """Whether a user administers a group (Telegram's ids)."""
        asked_at, admin = self._known.get((chat_id, user_id), (float("-inf"), False))
        if time.monotonic() - asked_at < _REMEMBER:
            return admin
        try:
            member = await self._bot.get_chat_member(chat_id, user_id)
        except TelegramError as error:
            log.warning("whether somebody is an admin is not known", chat_id=chat_id, cause=str(error))
            return False
        if len(self._known) > _MOST:
            self._known.clear()
        admin = member.status in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
        self._known[chat_id, user_id] = (time.monotonic(), admin)
        return admin
