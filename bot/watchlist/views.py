"""The watchlist as a message."""

from __future__ import annotations

from bot.cards import OpenCard, Origin, film_label
from bot.discover.views import number_rows
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.watchlist.service import PAGE, WatchlistPage


@record("ws")
class ShowWatchlist(Record):
    """The page of the watchlist that begins at this offset."""

    offset: int


def watchlist_screen(page: WatchlistPage, t: Translator) -> Screen:
    """Ten lines "1. Title (Year)", a button for each number, Newer and Older."""
    if not page.films:
        return Screen(t.html("watchlist.empty"))
    lines = [t.html("watchlist.title", count=page.total), ""]
    lines += [
        t.html("watchlist.line", number=number, film=film_label(film))
        for number, film in enumerate(page.films, start=1)
    ]
    origin = Origin("w", page.offset).pack()
    rows = list(number_rows([OpenCard(film.id, origin) for film in page.films], t))
    turns = []
    if page.offset > 0:
        turns.append(Button(t.plain("button.newer"), ShowWatchlist(max(0, page.offset - PAGE))))
    if page.offset + PAGE < page.total:
        turns.append(Button(t.plain("button.older"), ShowWatchlist(page.offset + PAGE)))
    if turns:
        rows.append(tuple(turns))
    return Screen("\n".join(lines), tuple(rows))
