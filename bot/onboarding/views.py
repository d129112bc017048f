"""The genre questionnaire and the shelves as messages."""

from __future__ import annotations

from collections.abc import Callable

from bot.films.library import genre_code
from bot.onboarding.service import Bookcase, Questionnaire
from bot.telegram.callbacks import FilmId, Record, record
from bot.telegram.screen import Button, Screen, in_rows
from bot.texts import Translator
from bot.ways import ShowSettings

_COLUMNS = 3
_SHELF_COLUMNS = 4
_BETWEEN = "\N{NO-BREAK SPACE}· "  # no line begins with a dot
_NEXT = {0: 1, 1: -1, -1: 0}
_TOASTS = {0: "genre.toast.neither", 1: "genre.toast.liked", -1: "genre.toast.disliked"}
_LABELS = {0: "genre.neither", 1: "genre.liked", -1: "genre.disliked"}


@record("gs", version=2)
class SetGenre(Record):
    """The answer that a tap gives, not "the next one": so a double tap changes nothing.

    The code is `library.genre_code`'s.
    """

    code: int
    value: int


@record("ga")
class SetGenreAgain(Record):
    """The same, in the questionnaire that /settings opens."""

    code: int
    value: int


@record("gf")
class FinishGenres(Record):
    """Done or Skip: on to the films."""


@record("gb")
class ShowShelves(Record):
    """Shelves instead of genres, or after them."""


@record("gg")
class ShowGenres(Record):
    """Back to the genres."""


@record("sp")
class PickShelf(Record):
    """The shelf with this first film is theirs (1), or not (0)."""

    first_id: FilmId
    picked: int


def questionnaire_screen(questionnaire: Questionnaire, t: Translator) -> Screen:
    """Greeting, genres in three columns, the way to the shelves, Done and Skip."""
    if not questionnaire.answers:
        return _welcome_screen(questionnaire, t)
    rows = _genre_rows(questionnaire, t, SetGenre)
    rows.append((Button(t.plain("button.shelves"), ShowShelves()),))
    rows.append(_way_out(t))
    return Screen(t.html("genres.ask"), tuple(rows))


def _welcome_screen(questionnaire: Questionnaire, t: Translator) -> Screen:
    """Greeting where no film has a genre: the shelves, where there are some, and on to the films."""
    rows = [(Button(t.plain("button.rate_films"), FinishGenres()),)]
    if questionnaire.offered:
        rows.insert(0, (Button(t.plain("button.shelves_alone"), ShowShelves()),))
    return Screen(t.html("genres.none"), tuple(rows))


def shelves_screen(bookcase: Bookcase, t: Translator) -> Screen:
    """A line of titles for each shelf and a numbered toggle, the way to the genres, Done and Skip."""
    lines, buttons = [], []
    for number, shelf in enumerate(bookcase.shelves, start=1):
        titles = _BETWEEN.join(film.title for film in shelf.films)
        lines.append(t.html("shelf.picked" if shelf.picked else "shelf.line", number=number, titles=titles))
        label = t.plain("button.number", number=number)
        if shelf.picked:
            label = t.plain("button.set", label=label)
        buttons.append(Button(label, PickShelf(shelf.films[0].id, 1 - shelf.picked)))
    rows = in_rows(buttons, _SHELF_COLUMNS)
    if bookcase.genres:
        rows.append((Button(t.plain("button.genres"), ShowGenres()),))
    rows.append(_way_out(t))
    return Screen("\n\n".join([t.html("shelves.ask"), *lines]), tuple(rows))


def revision_screen(questionnaire: Questionnaire, t: Translator) -> Screen:
    """The questionnaire for somebody who is known: Done leads back to /settings."""
    rows = _genre_rows(questionnaire, t, SetGenreAgain)
    rows.append((Button(t.plain("button.done"), ShowSettings()),))
    return Screen(t.html("genres.ask_again"), tuple(rows))


def _genre_rows(
    questionnaire: Questionnaire, t: Translator, action: Callable[[int, int], Record]
) -> list[tuple[Button, ...]]:
    buttons = [
        Button(t.plain(_LABELS[value], genre=genre), action(genre_code(genre), _NEXT[value]))
        for genre, value in questionnaire.answers
    ]
    return in_rows(buttons, _COLUMNS)


def _way_out(t: Translator) -> tuple[Button, ...]:
    return (Button(t.plain("button.done"), FinishGenres()), Button(t.plain("button.skip"), FinishGenres()))


def shelf_toast(title: str, picked: bool, t: Translator) -> str:
    """What a tap on a shelf did; `title` is that of its first film."""
    return t.plain("shelf.toast.picked" if picked else "shelf.toast.dropped", title=title)


def answer_toast(genre: str, value: int, t: Translator) -> str:
    """What a tap on a genre did."""
    return t.plain(_TOASTS[value], genre=genre)


def noted_toast(questionnaire: Questionnaire, t: Translator) -> str:
    """What is made of the answers when the questionnaire is left."""
    if not questionnaire.answers and not questionnaire.shelves:
        return t.plain("genres.none.noted")
    if questionnaire.says_nothing:
        return t.plain("genres.same")
    liked = sum(value == 1 for _, value in questionnaire.answers)
    disliked = sum(value == -1 for _, value in questionnaire.answers)
    if not liked and not disliked and questionnaire.shelves:
        return t.plain("shelves.noted", count=questionnaire.shelves)
    if not liked and not disliked:
        return t.plain("genres.skipped")
    return t.plain("genres.noted", liked=liked, disliked=disliked)
