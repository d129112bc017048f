"""History as a message."""

from __future__ import annotations

from bot.cards import OpenCard, Origin, film_label, stars_text
from bot.discover.views import number_rows
from bot.profile.service import PAGE, HistoryPage
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator

__all__ = ["ShowHistory", "history_screen"]


@record("hs")
class ShowHistory(Record):
    """The page of history that begins at this offset."""

    offset: int


def history_screen(page: HistoryPage, t: Translator) -> Screen:
    """Ten lines "1. Title (Year) 4★", a button for each number, Newer and Older."""
    if not page.rated:
        return Screen(t.html("history.empty"))
    lines = [t.html("history.title", count=page.total), ""]
    lines += [
        t.html("history.line", number=n, film=film_label(film), stars=stars_text(stars))
        for n, (film, stars) in enumerate(page.rated, start=1)
    ]
    origin = Origin("h", page.offset).pack()
    rows = list(number_rows([OpenCard(film.id, origin) for film, _ in page.rated], t))
    turns = []
    if page.offset > 0:
        turns.append(Button(t.plain("button.newer"), ShowHistory(max(0, page.offset - PAGE))))
    if page.offset + PAGE < page.total:
        turns.append(Button(t.plain("button.older"), ShowHistory(page.offset + PAGE)))
    if turns:
        rows.append(tuple(turns))
    return Screen("\n".join(lines), tuple(rows))
