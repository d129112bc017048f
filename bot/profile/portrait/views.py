"""The profile as a message."""

from __future__ import annotations

from collections.abc import Sequence

from bot.profile.portrait.service import Portrait
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Html, Translator
from bot.wording import expected_text, film_label, stars_text
from recsys.portrait import Leaning

_MOST = 3  # liked and disliked kinds of each sort
_AS_OTHERS = 0.05  # stars of generosity that round to none


@record("pa")
class AskThese(Record):
    """A round about the films that a profile names: our ids, joined by dots."""

    films: str


def portrait_screen(portrait: Portrait, t: Translator) -> Screen:
    """What the bot makes of a person, part by part; parts without content are left out."""
    parts = [
        _counts(portrait, t),
        _generosity(portrait, t),
        _leanings(t.html("profile.likes"), [each for each in _leaning(portrait) if each.strength > 0], t),
        _leanings(t.html("profile.dislikes"), [each for each in _leaning(portrait) if each.strength < 0], t),
        _genre_answers(portrait, t),
        _favourites(portrait, t),
        _nights(portrait, t),
        _questions(portrait, t),
    ]
    films = ".".join(str(guess.film.id) for guess in portrait.questions)
    rows = ((Button(t.plain("button.ask_these"), AskThese(films)),),) if films else ()
    return Screen("\n\n".join(part for part in parts if part), rows)


def _counts(portrait: Portrait, t: Translator) -> str:
    if not portrait.ratings:
        return "\n\n".join((t.html("profile.title"), t.html("profile.empty")))
    lines = [t.html("profile.title"), "", t.html("profile.ratings", count=portrait.ratings)]
    if portrait.mean is not None:
        lines[-1] = Html(f"{lines[-1]} {t.html('profile.mean', stars=expected_text(portrait.mean))}")
    if portrait.set_aside:
        lines.append(t.html("profile.set_aside", count=portrait.set_aside))
    return "\n".join(lines)


def _generosity(portrait: Portrait, t: Translator) -> str:
    if portrait.generosity is None:
        return t.html("profile.too_few") if portrait.ratings else ""
    if abs(portrait.generosity) < _AS_OTHERS:
        return t.html("profile.as_others")
    return t.html(
        "profile.more" if portrait.generosity > 0 else "profile.less",
        stars=expected_text(abs(portrait.generosity)),
    )


def _leaning(portrait: Portrait) -> list[Leaning]:
    """The strongest of either sign, genres before decades."""
    chosen = []
    for kinds in (portrait.genres, portrait.decades):
        chosen += [each for each in kinds if each.strength > 0][:_MOST]
        chosen += [each for each in reversed(kinds) if each.strength < 0][:_MOST]
    return chosen


def _leanings(title: Html, leanings: Sequence[Leaning], t: Translator) -> str:
    if not leanings:
        return ""
    return "\n".join((title, *(_evidence(leaning, t) for leaning in leanings)))


def _evidence(leaning: Leaning, t: Translator) -> str:
    return t.html(
        "profile.above" if leaning.above > 0 else "profile.below",
        kind=leaning.kind,
        count=leaning.films,
        stars=expected_text(leaning.mean),
        difference=f"{abs(leaning.above):.1f}",
    )


def _genre_answers(portrait: Portrait, t: Translator) -> str:
    liked = ", ".join(genre for genre, value in portrait.genre_answers if value > 0)
    disliked = ", ".join(genre for genre, value in portrait.genre_answers if value < 0)
    lines = []
    if liked:
        lines.append(t.html("profile.answers.liked", genres=liked))
    if disliked:
        lines.append(t.html("profile.answers.disliked", genres=disliked))
    return "\n".join((t.html("profile.answers"), *lines)) if lines else ""


def _favourites(portrait: Portrait, t: Translator) -> str:
    if not portrait.favourites:
        return ""
    lines = [
        t.html("profile.favourite", film=film_label(film), stars=stars_text(stars))
        for film, stars in portrait.favourites
    ]
    return "\n".join((t.html("profile.favourites"), *lines))


def _nights(portrait: Portrait, t: Translator) -> str:
    if portrait.satisfaction is None:
        return ""
    return t.html("profile.nights", count=portrait.nights, share=f"{portrait.satisfaction:.0%}")


def _questions(portrait: Portrait, t: Translator) -> str:
    if not portrait.questions:
        return ""
    lines = [
        t.html(
            "profile.question",
            film=film_label(guess.film),
            stars=expected_text(guess.stars),
            deviation=f"{guess.deviation:.1f}",
        )
        for guess in portrait.questions
    ]
    return "\n".join((t.html("profile.questions"), *lines))
