"""Whose night it is: asked before any button of a night is handled, and again by what changes it."""

from __future__ import annotations

from bot.errors import StaleButton
from bot.participants import Participant
from bot.telegram.request import Request
from storage.database import AsyncConnection
from storage.night import chats, nights
from storage.night.nights import Night


async def may_press(conn: AsyncConnection, request: Request, night_id: int) -> bool:
    """In a group, whether the night is this group's; in private, whether somebody is in it."""
    if request.group is not None:
        return await _in_group(conn, await nights.get(conn, night_id), request.group.chat_id)
    return request.person.id in {member.person_id for member in await nights.members(conn, night_id)}


async def own_night(conn: AsyncConnection, participant: Participant, night_id: int) -> Night:
    """The night, which nobody else changes meanwhile. Raises StaleButton if it is not this group's."""
    night = await nights.get(conn, night_id, lock=True)
    if night is None or not await _in_group(conn, night, participant.chat_id):
        raise StaleButton(f"no night {night_id} in group {participant.chat_id}")
    return night


async def _in_group(conn: AsyncConnection, night: Night | None, chat_id: int) -> bool:
    """Whether a night is of the group with this Telegram id."""
    return night is not None and (await chats.get(conn, night.chat_id)).telegram_id == chat_id
