"""Whose night it is: whatever acts on a night in a group takes it from here."""

from __future__ import annotations

from datetime import datetime

from bot.errors import StaleButton
from bot.participants import Participant, enter
from storage.database import AsyncConnection
from storage.night import nights
from storage.night.nights import Night


async def own_night(conn: AsyncConnection, participant: Participant, night_id: int, at: datetime) -> Night:
    """The night, which nobody else changes meanwhile. Raises StaleButton if it is not this group's."""
    chat = await enter(conn, participant, at)
    night = await nights.get(conn, night_id, lock=True)
    if night is None or night.chat_id != chat.id:
        raise StaleButton(f"no night {night_id} in group {participant.chat_id}")
    return night
