"""Settings and lists in a group."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cards import number_rows
from bot.films.library import FoundFilms
from bot.groups.service import ENOUGH, QUIET_HOURS, GroupList, GroupSettings
from bot.telegram.callbacks import FilmId, Record, record
from bot.telegram.links import Links
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.wording import echo, film_label
from bot.zones import LocalTime, zone_rows
from storage.films.films import Film

_SWITCHES = ("spare_seen", "outsiders", "several")


@record("gk")
class SetGroup(Record):
    """What a tap chooses for the group."""

    name: str
    value: str


@record("gz")
class SetGroupZone(Record):
    """A zone by its name."""

    zone: str


@record("gl")
class GroupLike(Record):
    """The films nearest to this one, in a group."""

    film_id: FilmId


def personal_screen(command: str, t: Translator, links: Links) -> Screen:
    """A command that is between the person and the bot."""
    return Screen(t.html("group.personal"), ((Button(t.plain("private.open"), links.command(command)),),))


def group_settings_screen(settings: GroupSettings, t: Translator) -> Screen:
    """Each setting as it is; what a tap chooses is on the button."""
    chat = settings.chat
    quiet = next(name for name, hours in QUIET_HOURS.items() if hours == (chat.quiet_from, chat.quiet_to))
    strategy = "misery" if chat.strategy == "least misery" else chat.strategy
    lines: list[str] = [
        t.html("group.settings"),
        "",
        t.html("group.strategy", what=t.plain(f"group.strategy.{strategy}")),
        *(t.html(f"group.{name}.{'on' if getattr(chat, name) else 'off'}") for name in _SWITCHES),
        t.html(f"group.openers.{chat.openers}"),
        t.html(
            "group.quiet", hours=t.plain("group.quiet.off") if quiet == "off" else quiet.replace("-", "–")
        ),
        t.html("group.zone", zone=settings.time.zone, time=settings.time.clock),
    ]
    rows: list[tuple[Button, ...]] = [
        tuple(
            _choice(t.plain(f"button.strategy.{name}"), name == strategy, SetGroup("strategy", name), t)
            for name in ("fair", "average", "misery")
        ),
        *(
            (_choice(t.plain(f"button.{name}"), getattr(chat, name), _switch(name, chat), t),)
            for name in _SWITCHES
        ),
        (
            _choice(
                t.plain("button.openers"),
                chat.openers == "admins",
                SetGroup("openers", "everybody" if chat.openers == "admins" else "admins"),
                t,
            ),
        ),
        tuple(
            _choice(
                t.plain("button.quiet.off") if name == "off" else name.replace("-", "–"),
                name == quiet,
                SetGroup("quiet", name),
                t,
            )
            for name in QUIET_HOURS
        ),
    ]
    return Screen("\n".join(lines), tuple(rows))


def group_list_screen(found: GroupList, t: Translator, links: Links) -> Screen:
    """Films for the group, without anybody's stars; each number leads to the card in private."""
    if not found.films:
        return Screen(t.html("group.nothing_left"))
    lines: list[str] = [t.html("group.list"), "", *_lines(found.films, t), ""]
    if found.known < ENOUGH:
        lines.append(t.html("group.one" if found.known else "group.unknown"))
    else:
        lines.append(t.html("group.known", count=found.known))
    return Screen("\n".join(lines), _cards(found.films, t, links))


def neighbours_screen(film: Film, found: Sequence[Film], t: Translator, links: Links) -> Screen:
    """What is like a film."""
    lines: list[str] = [t.html("list.similar", film=film_label(film)), "", *_lines(found, t)]
    return Screen("\n".join(lines), _cards(found, t, links))


def candidates_screen(found: FoundFilms, asked: str, t: Translator) -> Screen:
    """Which of these? A tap lists its neighbours."""
    nothing = "search.nearest" if found.films else "search.nothing"
    rows = tuple((Button(film_label(film), GroupLike(film.id)),) for film in found.films)
    return Screen(t.html("search.which" if found.matched else nothing, asked=echo(asked)), rows)


def zones_screen(asked: str, places: Sequence[LocalTime], t: Translator) -> Screen:
    """The zones that may be meant."""
    if not places:
        return Screen(t.html("group.zone.nothing", asked=echo(asked)))
    return Screen(t.html("group.zone.which", asked=echo(asked)), zone_rows(places, SetGroupZone, t))


def _choice(label: str, on: bool, action: Record, t: Translator) -> Button:
    return Button(t.plain("button.set", label=label) if on else label, action)


def _switch(name: str, chat: object) -> SetGroup:
    return SetGroup(name, "off" if getattr(chat, name) else "on")


def _lines(films: Sequence[Film], t: Translator) -> list[str]:
    return [
        t.html("list.line", number=number, film=film_label(film))
        for number, film in enumerate(films, start=1)
    ]


def _cards(films: Sequence[Film], t: Translator, links: Links) -> tuple[tuple[Button, ...], ...]:
    return tuple(number_rows([links.film(film.id) for film in films], t))
