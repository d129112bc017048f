"""Who does something at a night, and whether it is theirs to do it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import StaleButton
from storage.database import AsyncConnection
from storage.night import chats, nights
from storage.night.chats import Chat
from storage.night.nights import Night


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in a group: our id of them, the name they go by there, and Telegram's id of the group."""

    person_id: int
    name: str
    chat_id: int


async def enter(conn: AsyncConnection, who: Who, at: datetime) -> Chat:
    """Note that somebody did something in a group; the group."""
    chat = await chats.meet(conn, who.chat_id)
    await chats.greet(conn, chat.id, who.person_id, who.name, at)
    return chat


async def here(conn: AsyncConnection, who: Who, night_id: int, at: datetime) -> Night:
    """The night, which nobody else changes meanwhile. Raises StaleButton if it is not this group's."""
    chat = await enter(conn, who, at)
    night = await nights.get(conn, night_id, lock=True)
    if night is None or night.chat_id != chat.id:
        raise StaleButton(f"no night {night_id} in group {who.chat_id}")
    return night
