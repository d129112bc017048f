"""History as a message."""

from __future__ import annotations

from bot.cards import OpenCard, Origin, number_rows
from bot.profile.history.service import PAGE, HistoryPage, Rated
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen, page_buttons
from bot.texts import Translator
from bot.ways import ShowFound, ShowHistory
from bot.wording import film_label, stars_text


@record("hq")
class SearchHint(Record):
    """How to search."""


def history_screen(page: HistoryPage, t: Translator) -> Screen:
    """Ten lines "1. Title (Year) 4★", a button for each number, Newer, Older and Search."""
    if not page.rated:
        if page.search is not None:
            return Screen(t.html("history.nothing_found", asked=page.search.text))
        return Screen(t.html("history.empty"))
    lines = [_title(page, t), "", *(_line(n, rated, t) for n, rated in enumerate(page.rated, start=1))]
    if any(rated.muted for rated in page.rated):
        lines += ["", t.html("history.muted")]
    rows = number_rows([OpenCard(rated.film.id, _origin(page)) for rated in page.rated], t)
    if turns := _turns(page, t):
        rows.append(turns)
    return Screen("\n".join(lines), tuple(rows))


def _title(page: HistoryPage, t: Translator) -> str:
    if page.search is None:
        return t.html("history.title", count=page.total)
    return t.html("history.found", count=page.total, asked=page.search.text)


def _line(number: int, rated: Rated, t: Translator) -> str:
    return t.html(
        "history.line.muted" if rated.muted else "history.line",
        number=number,
        film=film_label(rated.film),
        stars=stars_text(rated.stars),
    )


def _origin(page: HistoryPage) -> str:
    if page.search is None:
        return Origin("h", page.offset).pack()
    return Origin("s", page.search.id, page.offset).pack()


def _turns(page: HistoryPage, t: Translator) -> tuple[Button, ...]:
    search = page.search
    if search is None:
        turns = page_buttons(page.offset, PAGE, page.total, ShowHistory, t)
        return (*turns, Button(t.plain("button.search"), SearchHint())) if page.total > PAGE else turns
    turns = page_buttons(page.offset, PAGE, page.total, lambda offset: ShowFound(search.id, offset), t)
    return (*turns, Button(t.plain("button.all"), ShowHistory(0)))
