"""Ways between rooms: the buttons that lead into another room, and what one room shows or does for others.

No room imports another. A button takes its record from here, in whatever room its handler is; a screen or
an effect that another room has is handed over by `bot.wiring`, as one of the types below. What a single use
case takes is typed beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from bot.cards import Origin
from bot.errors import StaleButton
from bot.participants import Participant
from bot.telegram.callbacks import Owned, Record, record
from bot.telegram.request import Request
from bot.telegram.router import Guard
from bot.telegram.screen import Screen
from storage.database import AsyncConnection

# What the room of lists shows: a list by its id; a film's card by the film's id, with where Back leads.
ListScreen = Callable[[Request, int], Awaitable[Screen]]
CardScreen = Callable[[Request, int, Origin], Awaitable[Screen]]
# What the room of rating cards shows: a round by its id.
RoundScreen = Callable[[Request, int], Awaitable[Screen]]
# What /settings shows.
SettingsScreen = Callable[[Request], Awaitable[Screen]]

# Effects, each inside the caller's transaction. The second argument is the person's id, the last one when.
Recommend = Callable[[AsyncConnection, int, datetime], Awaitable[int]]  # a new list's id
StartRound = Callable[[AsyncConnection, int, datetime], Awaitable[int]]  # a new round's id
AskAbout = Callable[[AsyncConnection, int, list[int], datetime], Awaitable[int]]  # films; a new round's id
Rate = Callable[[AsyncConnection, int, int, int, datetime], Awaitable[None]]  # film and stars
PutOnWatchlist = Callable[[AsyncConnection, int, int, bool, datetime], Awaitable[None]]  # film; on or off
CancelRound = Callable[[AsyncConnection, int, datetime], Awaitable[bool]]  # whether there was one

# Whether somebody (our id) is in a night (its id) that still gathers.
Awaits = Callable[[int, int], Awaitable[bool]]


LIST = Owned("list")  # searches of history are lists, too
ListId = Annotated[int, LIST]


@record("ls")
class ShowList(Record):
    """A list again: from a card, or from its next page."""

    list_id: ListId


@record("fo")
class OpenFilters(Record):
    """Narrow this list."""

    list_id: ListId


@record("hs")
class ShowHistory(Record):
    """The page of history that begins at this offset."""

    offset: int


@record("hf")
class ShowFound(Record):
    """The page of a search's findings in history that begins at this offset."""

    search_id: ListId
    offset: int


@record("ws")
class ShowWatchlist(Record):
    """The page of the watchlist that begins at this offset."""

    offset: int


@record("ps")
class ShowSettings(Record):
    """The panel of /settings again."""


@record("pg")
class ReviseGenres(Record):
    """The genre questionnaire again."""


@record("pf")
class OpenStandingFilters(Record):
    """The filters that hold for every new list."""


@record("gp")
class OpenGroupSettings(Record):
    """The group's settings."""


def owned_by(owner: Callable[[AsyncConnection, int], Awaitable[int | None]]) -> Guard:
    """The guard of rows that are one person's: theirs alone, as `owner` finds them by a row's id."""

    async def guard(conn: AsyncConnection, request: Request, row_id: int) -> bool:
        return await owner(conn, row_id) == request.person.id

    return guard


def participant_of(request: Request) -> Participant:
    """Who asks, in which group. Raises StaleButton outside of one."""
    if request.group is None:
        raise StaleButton("this belongs into a group")
    return Participant(request.person.id, request.name, request.group.chat_id)


def way_back(origin: Origin) -> Record | None:
    """What Back on a card carries; None for a card that was opened from nowhere."""
    if origin.kind == "l":
        return ShowList(origin.ref)
    if origin.kind == "h":
        return ShowHistory(origin.ref)
    if origin.kind == "w":
        return ShowWatchlist(origin.ref)
    if origin.kind == "s":
        return ShowFound(origin.ref, origin.offset)
    return None
