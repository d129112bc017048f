"""Groups: what their admins chose, and the people whom the bot has met there: who joined a night or wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, delete, exists, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.upsert import insert_into, upsert
from storage.errors import UnknownRow
from storage.schema import chat_members, chats, nights, people, polls, screens, tasks

Strategy = Literal["average", "least misery", "fair"]
Openers = Literal["everybody", "admins"]

_DEFAULTS = {
    "zone_asked": False,
    "spare_seen": True,
    "strategy": "fair",
    "outsiders": True,
    "several": True,
    "openers": "everybody",
}
_SETTINGS = frozenset({*_DEFAULTS, "time_zone", "quiet_from", "quiet_to"})


@dataclass(frozen=True, slots=True)
class Chat:
    """A group with its settings. `spare_seen`: films that a member has seen are left out; `outsiders`: votes
    of people who did not join count; `several`: a person may vote for several films; hours are the group's
    own, None for never quiet. `active` is false once the bot was removed."""

    id: int
    telegram_id: int
    active: bool
    time_zone: str | None
    zone_asked: bool
    spare_seen: bool
    strategy: Strategy
    outsiders: bool
    several: bool
    quiet_from: int | None
    quiet_to: int | None
    openers: Openers


@dataclass(frozen=True, slots=True)
class ChatMember:
    """Somebody whom the bot has met in a group, and when they last joined a night or wrote there."""

    person_id: int
    telegram_id: int
    seen_at: datetime


async def meet(conn: AsyncConnection, telegram_id: int) -> Chat:
    """The group with this Telegram id, new or known; where the bot was removed, it is there again."""
    insert = insert_into(conn, chats).values(telegram_id=telegram_id, active=True, **_DEFAULTS)
    known = insert.on_conflict_do_update(index_elements=["telegram_id"], set_={"active": True})
    return Chat(**(await conn.execute(known.returning(*chats.c))).one()._asdict())


async def find(conn: AsyncConnection, telegram_id: int) -> Chat | None:
    """The group with this Telegram id, if the bot was ever there."""
    row = (await conn.execute(select(chats).where(chats.c.telegram_id == telegram_id))).one_or_none()
    return None if row is None else Chat(**row._asdict())


async def get(conn: AsyncConnection, chat_id: int) -> Chat:
    """The group with our id. Raises UnknownRow."""
    row = (await conn.execute(select(chats).where(chats.c.id == chat_id))).one_or_none()
    if row is None:
        raise UnknownRow(f"no group {chat_id}")
    return Chat(**row._asdict())


async def change(conn: AsyncConnection, chat_id: int, **settings: Any) -> None:
    """Set some settings of a group. ValueError for what is none."""
    if not settings.keys() <= _SETTINGS:
        raise ValueError(f"{', '.join(settings.keys() - _SETTINGS)}: no setting of a group")
    await conn.execute(update(chats).where(chats.c.id == chat_id).values(**settings))


async def deactivate(conn: AsyncConnection, telegram_id: int) -> None:
    """The bot was removed: nights that are open there are over, and what was to be done is forgotten."""
    found = await find(conn, telegram_id)
    if found is None:
        return
    await conn.execute(update(chats).where(chats.c.id == found.id).values(active=False))
    still_open = nights.c.state.in_(("gathering", "polling"))
    mine = nights.c.chat_id == found.id
    pending = tasks.c.state.in_(("waiting", "trying"))
    theirs = tasks.c.night_id.in_(select(nights.c.id).where(mine))
    # What names somebody who is forgotten is changed when the bot is there again.
    await conn.execute(delete(tasks).where(pending, theirs, tasks.c.kind != "rewrite"))
    await conn.execute(update(nights).where(mine, still_open).values(state="cancelled"))


async def drop_tasks(conn: AsyncConnection, chat_id: int, person_id: int) -> None:
    """Somebody left: what was to be sent to them of the group's nights is forgotten."""
    mine = tasks.c.night_id.in_(select(nights.c.id).where(nights.c.chat_id == chat_id))
    pending = tasks.c.state.in_(("waiting", "trying"))
    await conn.execute(delete(tasks).where(mine, pending, tasks.c.person_id == person_id))


async def greet(conn: AsyncConnection, chat_id: int, person_id: int, at: datetime) -> None:
    """Somebody joined a night in a group, or wrote there."""
    values = {"chat_id": chat_id, "person_id": person_id, "seen_at": at}
    await conn.execute(upsert(conn, chat_members, values, key=("chat_id", "person_id")))


async def part(conn: AsyncConnection, chat_id: int, person_id: int) -> None:
    """Somebody is in a group no more."""
    mine = (chat_members.c.chat_id == chat_id) & (chat_members.c.person_id == person_id)
    await conn.execute(delete(chat_members).where(mine))


async def members(conn: AsyncConnection, chat_id: int, limit: int) -> list[ChatMember]:
    """The people met in a group, those met last first."""
    query = (
        select(chat_members.c.person_id, people.c.telegram_id, chat_members.c.seen_at)
        .join(people, people.c.id == chat_members.c.person_id)
        .where(chat_members.c.chat_id == chat_id)
        .order_by(chat_members.c.seen_at.desc(), chat_members.c.person_id)
        .limit(limit)
    )
    return [ChatMember(*row) for row in await conn.execute(query)]


async def move(conn: AsyncConnection, old: int, new: int) -> bool:
    """A group became the supergroup `new`, with its settings, nights and people; whether anything moved.

    Telegram tells it twice, in the old group and in the new one, in either order, and people may write in the
    new one before: what began there is joined to the group that it was. Messages cannot be edited across the
    border, and their ids mean others there, so boards and open polls are to be sent anew; votes are kept.
    """
    before, after = await find(conn, old), await find(conn, new)
    if before is None:
        return False
    if after is not None:
        await _merge(conn, after.id, before.id)
    await conn.execute(update(chats).where(chats.c.id == before.id).values(telegram_id=new, active=True))
    mine = select(nights.c.id).where(nights.c.chat_id == before.id)
    await conn.execute(update(screens).where(screens.c.night_id.in_(mine)).values(message_id=None, shown=0))
    await conn.execute(update(tasks).where(tasks.c.night_id.in_(mine)).values(message_id=None))
    await _send_polls_anew(conn, before.id)
    return True


async def _send_polls_anew(conn: AsyncConnection, chat_id: int) -> None:
    """Until an open poll is in the new group, votes in the old one still count."""
    mine = polls.c.night_id.in_(select(nights.c.id).where(nights.c.chat_id == chat_id))
    # Due when the night was opened: at once.
    again = (
        select(
            polls.c.night_id,
            literal("poll"),
            polls.c.number,
            nights.c.opened_at,
            literal("waiting"),
            literal(0),
        )
        .join(nights, nights.c.id == polls.c.night_id)
        .where(mine, polls.c.state == "open", nights.c.state == "polling")
    )
    columns = ["night_id", "kind", "poll_number", "due_at", "state", "attempts"]
    await conn.execute(insert(tasks).from_select(columns, again))
    await conn.execute(update(polls).where(mine, polls.c.state == "open").values(state="due"))
    await conn.execute(update(polls).where(mine).values(message_id=None))


async def _merge(conn: AsyncConnection, source: int, target: int) -> None:
    """Give what belongs to one group to another, and forget the first. An open night gives way to one that
    was open in the same topic before."""
    rival = nights.alias()
    still_open = ("gathering", "polling")
    same_topic = and_(
        rival.c.chat_id == target, rival.c.topic_id == nights.c.topic_id, rival.c.state.in_(still_open)
    )
    await conn.execute(
        update(nights)
        .where(nights.c.chat_id == source, nights.c.state.in_(still_open), exists().where(same_topic))
        .values(state="cancelled")
    )
    await conn.execute(update(nights).where(nights.c.chat_id == source).values(chat_id=target))
    known = select(chat_members.c.person_id).where(chat_members.c.chat_id == target)
    of_source = chat_members.c.chat_id == source
    await conn.execute(
        update(chat_members).where(of_source, chat_members.c.person_id.not_in(known)).values(chat_id=target)
    )
    await conn.execute(delete(chats).where(chats.c.id == source))
