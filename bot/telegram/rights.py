"""Who may decide in a group, and who is in it at all: asked of Telegram, and remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Hashable
from typing import Any

import structlog
from telegram import Bot, ChatMember
from telegram.error import TelegramError

log = structlog.get_logger(__name__)

_ADMINS_FOR = 30.0  # seconds; somebody who was just made an admin waits no longer
_MEMBERS_FOR = 3600.0
_MOST = 10_000
_GONE = (ChatMember.LEFT, ChatMember.BANNED)


class Rights:
    """What Telegram does not answer is None, and is asked again the next time. All ids are Telegram's."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: dict[Hashable, tuple[float, Any]] = {}

    async def is_admin(self, chat_id: int, user_id: int) -> bool | None:
        """Whether a user administers a group. Telegram names all admins also to a bot that is none."""
        admins = self._recall(chat_id, _ADMINS_FOR)
        if admins is None:
            try:
                found = await self._bot.get_chat_administrators(chat_id)
            except TelegramError as error:
                log.info("who is an admin is not known", chat_id=chat_id, cause=str(error))
                return None
            admins = frozenset(member.user.id for member in found)
            self._remember(chat_id, admins)
        return user_id in admins

    async def are_members(self, chat_id: int, user_ids: Collection[int]) -> dict[int, bool | None]:
        """Whether each of these users is in a group. Telegram may refuse to tell a bot that is no admin."""
        found = await asyncio.gather(*(self._is_member(chat_id, user_id) for user_id in user_ids))
        return dict(zip(user_ids, found, strict=True))

    async def _is_member(self, chat_id: int, user_id: int) -> bool | None:
        if self._recall((chat_id, user_id), _MEMBERS_FOR):
            return True
        try:
            member = await self._bot.get_chat_member(chat_id, user_id)
        except TelegramError as error:
            log.info("whether somebody is in a group is not known", chat_id=chat_id, cause=str(error))
            return None
        present = member.status not in _GONE and bool(getattr(member, "is_member", True))
        if present:  # who is not may come back at any time, and is seldom asked about
            self._remember((chat_id, user_id), True)
        return present

    def forget(self, chat_id: int, user_id: int) -> None:
        """Somebody came or went: what was remembered of them is old."""
        self._known.pop((chat_id, user_id), None)
        self._known.pop(chat_id, None)

    def _recall(self, key: Hashable, seconds: float) -> Any:
        asked_at, found = self._known.get(key, (float("-inf"), None))
        return found if time.monotonic() - asked_at < seconds else None

    def _remember(self, key: Hashable, found: object) -> None:
        if len(self._known) > _MOST:
            self._known.clear()
        self._known[key] = (time.monotonic(), found)
