"""The board of a night, its lists and its poll. No stars before the film, so that none are mistaken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from bot.cards import rating_row
from bot.night.states import Board, PollNow
from bot.telegram.callbacks import FilmId, Owned, Record, record
from bot.telegram.links import Links
from bot.telegram.screen import Button, PollForm, Screen
from bot.texts import Html, Translator
from bot.ways import OpenGroupSettings
from bot.wording import film_label, filters_text
from storage.films.films import Film
from storage.people.filters import NO_FILTERS, Filters

_LONGEST_OPTION = 100  # characters, Telegram's limit
_LONGEST_LABEL = 30
_CARDS_PER_ROW = 3
_MOST_NAMES = 30  # on a board; a message has room for so many
ENOUGH = 2


NIGHT = Owned("night")
NightId = Annotated[int, NIGHT]


@record("nj")
class JoinNight(Record):
    """Join."""

    night_id: NightId


@record("nl")
class LeaveNight(Record):
    """Leave."""

    night_id: NightId


@record("np")
class OpenPanel(Record):
    """A list of the slate in the group: to tick what was "seen", to "veto", to "pick" the winner."""

    night_id: NightId
    kind: str


@record("nf")
class ChooseFilm(Record):
    """A film of such a list."""

    night_id: NightId
    kind: str
    film_id: FilmId


@record("ns")
class StartPoll(Record):
    """Send the `number`-th poll of a night."""

    night_id: NightId
    number: int


@record("nx")
class ClosePoll(Record):
    """Close it now."""

    night_id: NightId
    number: int


@record("nc")
class CancelNight(Record):
    """Call the night off."""

    night_id: NightId


@record("nr")
class RateNight(Record):
    """Stars for the film of a night, from the group or in private."""

    night_id: NightId
    stars: int


def board_screen(board: Board, t: Translator, links: Links) -> Screen:
    """Who is in, when, what is on the slate, and how far it is."""
    lines: list[str] = [_title(board, t), *_wishes(board, t), "", _people(board, t)]
    guests = [seat.guest for seat in board.seats]
    if board.night.state == "gathering":
        if board.seats:
            lines += ["", *_slate(board, t)]
        if any(guests):
            lines += ["", t.html("night.guests_all" if all(guests) else "night.guests")]
    elif board.night.state == "polling" and board.poll is not None:
        lines += ["", *_poll_lines(board.poll, t)]
    elif board.winner is not None:
        lines += ["", t.html("night.winner", film=film_label(board.winner))]
    else:
        lines += ["", t.html("night.cancelled")]
    return Screen("\n".join(lines), _board_rows(board, t, links))


def panel_screen(board: Board, kind: str, t: Translator) -> Screen:
    """The films of a night, a button each; what a tap does is told by a toast alone."""
    if not board.night.is_open:
        return Screen(t.html("night.panel.over"))
    if kind == "seen" and board.night.state == "polling":
        return Screen(t.html("night.panel.frozen"))
    films = _offered(board)
    if not films:
        return Screen(t.html("night.panel.empty"))
    rows = tuple((Button(film_label(film), ChooseFilm(board.night.id, kind, film.id)),) for film in films)
    if kind == "pick":
        return Screen(t.html("night.panel.pick"), rows)
    return Screen(t.html("night.panel.seen" if kind == "seen" else "night.panel.veto"), rows)


def poll_form(board: Board, t: Translator, links: Links) -> PollForm:
    """Title and year of each film in the order of the poll, "None of these"; below, a link to each card."""
    poll = board.poll
    options = () if poll is None else poll.options
    labels = [
        t.plain("night.none") if each.film is None else _shortened(film_label(each.film), _LONGEST_OPTION)
        for each in options
    ]
    cards = [
        Button(_shortened(film_label(each.film), _LONGEST_LABEL), links.film(each.film.id))
        for each in options
        if each.film is not None
    ]
    rows = tuple(tuple(cards[at : at + _CARDS_PER_ROW]) for at in range(0, len(cards), _CARDS_PER_ROW))
    return PollForm(t.plain("night.question"), tuple(labels), poll is not None and poll.several, rows)


def rating_screen(night_id: int, film: Film, t: Translator, *, private: bool) -> Screen:
    """How was it? In private or for the rest of the group, whose stars are answered by toasts."""
    text = t.html("night.how_private" if private else "night.how_group", film=film_label(film))
    row = rating_row(t, lambda stars: RateNight(night_id, stars))
    return Screen(text, (row,))


def when_text(board: Board, t: Translator) -> str:
    """When a night is, in the group's zone."""
    if board.starts_at is None:
        return t.plain("night.tonight")
    day = _day(board.starts_at, t)
    return t.plain("night.at", day=day, date=date_text(board.starts_at, t), time=f"{board.starts_at:%H:%M}")


def date_text(at: datetime, t: Translator) -> str:
    """Day and month."""
    return f"{at.day} {t.plain(f'month.{at.month}')}"


def _day(at: datetime, t: Translator) -> str:
    return t.plain(f"weekday.{at.weekday()}")


def _title(board: Board, t: Translator) -> Html:
    return t.html("night.title", when=when_text(board, t))


def _wishes(board: Board, t: Translator) -> list[str]:
    filters = Filters(genres=board.night.genres, decades=board.night.decades)
    return [] if filters == NO_FILTERS else [t.html("list.filtered", filters=filters_text(filters, t))]


def _people(board: Board, t: Translator) -> str:
    if not board.seats:
        return t.html("night.nobody" if board.night.is_open else "night.nobody_was")
    names = []
    for seat in board.seats:
        key = "night.seat"
        if seat.host:
            key = "night.seat.host_guest" if seat.guest else "night.seat.host"
        elif seat.guest:
            key = "night.seat.guest"
        names.append(t.html(key, name=seat.name))
    shown = ", ".join(names[:_MOST_NAMES]) + (" …" if len(names) > _MOST_NAMES else "")
    return t.html("night.people", count=len(names), names=Html(shown))


def _slate(board: Board, t: Translator) -> list[str]:
    if len(board.seats) < ENOUGH:
        return [t.html("night.alone")]
    if len(board.slate) < ENOUGH:
        return [t.html("night.too_few", count=len(board.slate))]
    number = board.poll.number if board.poll else 0
    title = t.html("night.slate_again" if number else "night.slate")
    return [title, *(t.html("night.film", film=film_label(film)) for film in board.slate)]


def _poll_lines(poll: PollNow, t: Translator) -> list[str]:
    if poll.state == "due":
        return [t.html("night.poll_comes")]
    at = poll.closes_at
    lines: list[str] = [
        t.html("night.poll_open", day=_day(at, t), time=f"{at:%H:%M}", zone=str(at.tzinfo)),
        t.html("night.voters", count=poll.voters) if poll.voters else t.html("night.no_voters"),
    ]
    vetoed = [film_label(each.film) for each in poll.options if each.vetoed and each.film is not None]
    if vetoed:
        lines.append(t.html("night.void", films=", ".join(vetoed)))
    if not poll.outsiders:
        lines.append(t.html("night.members_only"))
    if poll.unsure:
        lines.append(t.html("night.unsure"))
    return lines


def _board_rows(board: Board, t: Translator, links: Links) -> tuple[tuple[Button, ...], ...]:
    night_id = board.night.id
    if not board.night.is_open:
        return ()
    people = (
        Button(t.plain("button.join"), JoinNight(night_id)),
        Button(t.plain("button.leave"), LeaveNight(night_id)),
    )
    veto = Button(t.plain("button.veto"), OpenPanel(night_id, "veto"))
    cancel = Button(t.plain("button.cancel"), CancelNight(night_id))
    settings = Button(t.plain("button.settings"), OpenGroupSettings())
    if board.night.state == "polling" and board.poll is not None:
        close = Button(t.plain("button.close_now"), ClosePoll(night_id, board.poll.number))
        pick = Button(t.plain("button.pick"), OpenPanel(night_id, "pick"))
        return (people, (close, pick), (veto, cancel))
    number = board.poll.number + 1 if board.poll else 1
    rows: list[tuple[Button, ...]] = [
        people,
        (Button(t.plain("button.seen_some"), OpenPanel(night_id, "seen")), veto),
        (Button(t.plain("button.start_poll"), StartPoll(night_id, number)),),
        (settings, cancel),
    ]
    if any(seat.guest for seat in board.seats):
        rows.append((Button(t.plain("button.my_taste"), links.night(night_id)),))
    return tuple(rows)


def _offered(board: Board) -> tuple[Film, ...]:
    if board.night.state == "polling" and board.poll is not None:
        return tuple(each.film for each in board.poll.options if each.film is not None)
    return board.slate


def _shortened(text: str, longest: int) -> str:
    """A title and year that keep the year: the title is cut."""
    if len(text) <= longest:
        return text
    title, space, year = text.rpartition(" ")
    if not (year.startswith("(") and year.endswith(")")):
        title, space, year = text, "", ""
    return f"{title[: longest - len(space) - len(year) - 1]}…{space}{year}"
