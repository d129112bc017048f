"""Films added and merged, as messages."""

from __future__ import annotations

from collections.abc import Sequence

from bot.admin.content.service import Addition, Merger
from bot.cards import MoreLikeThis, OpenCard
from bot.telegram.callbacks import FilmId, Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.wording import film_label
from storage.films.films import Film


@record("xm")
class MergeFilms(Record):
    """Make the first another name of the second."""

    film_id: FilmId
    into_id: FilmId


@record("xa")
class KeepApart(Record):
    """They are two films."""


def not_added_screen(addition: Addition, genres: Sequence[str], t: Translator) -> Screen:
    """Why a film was not added."""
    if addition.there is not None:
        text = t.html("content.there", film=film_label(addition.there))
        return Screen(text, (_open(addition.there, t),))
    if not genres:
        return Screen(t.html("content.form_bare"))
    if addition.typed is None:
        return Screen(t.html("content.form", genres=", ".join(genres)))
    if addition.typed.strange:
        return Screen(
            t.html("content.strange", strange=", ".join(addition.typed.strange), genres=", ".join(genres))
        )
    return Screen(t.html("content.no_genres", genres=", ".join(genres)))


def added_screen(film: Film, t: Translator) -> Screen:
    """A film is there now."""
    genres = ", ".join(film.genres)
    text = (
        t.html("content.added", film=film_label(film), genres=genres)
        if genres
        else t.html("content.added_bare", film=film_label(film))
    )
    return Screen(text, (_open(film, t),))


def merger_screen(merger: Merger, t: Translator) -> Screen:
    """Are these one film?"""
    if merger.film is None or merger.into is None:
        if merger.trouble == "form":
            return Screen(t.html("content.merge_form"))
        names = ", ".join(film_label(film) for film in merger.candidates)
        title = merger.unclear[:100]
        if not names:
            return Screen(t.html("content.unknown", title=title))
        return Screen(t.html("content.unclear", title=title, films=names))
    if merger.trouble == "same":
        return Screen(t.html("content.same", film=film_label(merger.into)))
    text = t.html(
        "content.merge",
        film=film_label(merger.film),
        into=film_label(merger.into),
        film_ratings=merger.ratings[0],
        into_ratings=merger.ratings[1],
    )
    buttons = (
        Button(t.plain("button.merge"), MergeFilms(merger.film.id, merger.into.id)),
        Button(t.plain("button.keep_apart"), KeepApart()),
    )
    return Screen(text, (buttons,))


def merged_screen(into: Film, moved: int, t: Translator) -> Screen:
    """They are one film now."""
    return Screen(t.html("content.merged", film=film_label(into), count=moved), (_open(into, t),))


def kept_apart_screen(t: Translator) -> Screen:
    """Nothing was merged."""
    return Screen(t.html("content.kept_apart"))


def _open(film: Film, t: Translator) -> tuple[Button, ...]:
    return (
        Button(t.plain("content.open"), OpenCard(film.id, "")),
        Button(t.plain("button.more_like_this"), MoreLikeThis(film.id)),
    )
