"""Somebody who acts in a group: what every room of groups asks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.database import AsyncConnection
from storage.night import chats
from storage.night.chats import Chat


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a group: our id of them, the name they go by there, and Telegram's id of the group."""

    person_id: int
    name: str
    chat_id: int


async def enter(conn: AsyncConnection, participant: Participant, at: datetime) -> Chat:
    """Note that somebody joined a night in a group, or wrote there; the group."""
    chat = await chats.meet(conn, participant.chat_id)
    await chats.greet(conn, chat.id, participant.person_id, at)
    return chat
