"""Screens that more than one room shows: a list, a card."""

from __future__ import annotations

from bot.cards import Origin, card_screen
from bot.discover.views import ShowList, list_screen
from bot.profile.history.views import ShowFound, ShowHistory
from bot.services import Services
from bot.telegram.callbacks import Record
from bot.telegram.request import Request
from bot.telegram.screen import Screen
from bot.watchlist.views import ShowWatchlist


async def list_of(services: Services, request: Request, list_id: int) -> Screen:
    """A list as the person who asks sees it."""
    return list_screen(await services.discover.page(request.person.id, list_id), request.t)


async def card_of(services: Services, request: Request, film_id: int, origin: Origin) -> Screen:
    """A film's card, with the way back to where it was opened."""
    card = await services.discover.card(request.person.id, film_id, origin)
    return card_screen(card, request.t, _way_back(origin))


def _way_back(origin: Origin) -> Record | None:
    if origin.kind == "l":
        return ShowList(origin.ref)
    if origin.kind == "h":
        return ShowHistory(origin.ref)
    if origin.kind == "w":
        return ShowWatchlist(origin.ref)
    if origin.kind == "s":
        return ShowFound(origin.ref, origin.offset)
    return None
