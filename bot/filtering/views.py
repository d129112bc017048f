"""The filter panel as a message."""

from __future__ import annotations

from typing import Annotated

from bot.films.library import genre_code
from bot.filtering.service import FilterPanel
from bot.telegram.callbacks import Owned, Record, record
from bot.telegram.screen import Button, Screen, in_rows
from bot.texts import Translator
from bot.wording import decade_text, filters_text
from storage.people.filters import NO_FILTERS

_GENRES_PER_ROW = 3
_DECADES_PER_ROW = 4
_NEXT = {0: 1, 1: -1, -1: 0}
_FAME = ("known", "any", "deep")


PANEL = Owned("filter panel")
PanelId = Annotated[int, PANEL]


@record("fg")
class SetGenreFilter(Record):
    """Only with this genre (1), without it (-1), or neither (0). The code is `library.genre_code`'s."""

    panel_id: PanelId
    code: int
    value: int


@record("fd")
class SetDecade(Record):
    """With films of this decade, or (on=0) no longer."""

    panel_id: PanelId
    decade: int
    on: int


@record("ff")
class SetFame(Record):
    """How well known: "known", "any" or "deep"."""

    panel_id: PanelId
    fame: str


@record("fc")
class ClearFilters(Record):
    """Choose nothing."""

    panel_id: PanelId


@record("fa")
class ApplyFilters(Record):
    """Make the list anew with what is chosen."""

    panel_id: PanelId


def filter_screen(panel: FilterPanel, t: Translator, back: Record) -> Screen:
    """All choices, each button with its state; Apply, Clear, and Back without applying."""
    chosen = panel.filters
    genres = [_genre_button(panel, genre, t) for genre in panel.genres]
    decades = [
        Button(
            _set(decade_text(decade, t), decade in chosen.decades, t),
            SetDecade(panel.id, decade, int(decade not in chosen.decades)),
        )
        for decade in panel.decades
    ]
    fame = tuple(
        Button(_set(t.plain(f"fame.{step}"), step == chosen.fame, t), SetFame(panel.id, step))
        for step in _FAME
    )
    rows = (
        *in_rows(genres, _GENRES_PER_ROW),
        *in_rows(decades, _DECADES_PER_ROW),
        fame,
        (
            Button(t.plain("button.apply"), ApplyFilters(panel.id)),
            Button(t.plain("button.clear"), ClearFilters(panel.id)),
            Button(t.plain("button.back"), back),
        ),
    )
    now = t.html("filter.nothing") if chosen == NO_FILTERS else filters_text(chosen, t)
    title = t.html("filter.title.stay" if panel.list_id is None else "filter.title.list")
    how = [t.html("filter.how"), ""] if panel.genres else []
    return Screen("\n".join([title, "", *how, t.html("filter.now", filters=now)]), rows)


def _genre_button(panel: FilterPanel, genre: str, t: Translator) -> Button:
    value = 1 if genre in panel.filters.genres else -1 if genre in panel.filters.without else 0
    label = {1: t.plain("button.set", label=genre), -1: t.plain("button.without", label=genre), 0: genre}
    return Button(label[value], SetGenreFilter(panel.id, genre_code(genre), _NEXT[value]))


def _set(label: str, on: bool, t: Translator) -> str:
    return t.plain("button.set", label=label) if on else label
