"""How a poll ended, as messages: to the group from what it can see anyway, to each person what is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.cards import film_preview, reason_text
from bot.films.library import Library
from bot.films.reasons import Reason
from bot.night.states import Line, Result, TalliedOption
from bot.night.views import ENOUGH, NightId, StartPoll, date_text
from bot.telegram.callbacks import Record, record
from bot.telegram.links import Links
from bot.telegram.screen import Button, Screen
from bot.texts import Html, Translator
from bot.wording import film_label, stars_text
from storage.films.films import Film
from storage.night.nights import Night

_ROOM = 2500  # characters for the lines of people; a message has 4,096 in all
_TITLES = 2  # films that a line names of those somebody voted for


@record("nw")
class ExplainResult(Record):
    """Why? (on=1), and back."""

    night_id: NightId
    number: int
    on: int


def result_screen(
    result: Result, t: Translator, links: Links, *, why: bool = False, again: bool = False
) -> Screen:
    """The winner, a line for each who voted or joined; with `why` the rule and how it came out.

    `again`: sent once more, since nobody could tell whether it had arrived.
    """
    lines: list[str] = [_headline(result, t), ""]
    lines += _people(result, t)
    if why:
        lines += ["", *_why(result, t)]
    if again:
        lines += ["", t.html("night.again")]
    explain = ExplainResult(result.night.id, result.number, 0 if why else 1)
    first = [Button(t.plain("button.why_less" if why else "button.why"), explain)]
    if result.winner is not None:
        first.append(Button(t.plain("button.card"), links.film(result.winner.id)))
    rows = [tuple(first)]
    if _goes_on(result):
        rows.append((Button(t.plain("button.second_slate"), StartPoll(result.night.id, result.number + 1)),))
    preview = None if result.winner is None else film_preview(result.winner)
    return Screen("\n".join(lines), tuple(rows), preview)


def reason_screen(film: Film, reason: Reason, t: Translator) -> Screen:
    """In private: why this film suits you."""
    return Screen(t.html("result.private", film=film_label(film), reason=reason_text(reason, t)))


def reminder_screen(
    film: Film | None, starts_at: datetime, t: Translator, *, polling: bool = False
) -> Screen:
    """Half an hour before a planned night, whether it has a film or not."""
    time = f"{starts_at:%H:%M}"
    if film is None:
        return Screen(t.html("night.reminder_polling" if polling else "night.reminder_open", time=time))
    return Screen(t.html("night.reminder", time=time, film=film_label(film)))


def summary_screen(film: Film, stars: Sequence[float], t: Translator) -> Screen:
    """Mean, in halves, and count; nobody's own stars."""
    mean = stars_text(round(2 * sum(stars) / len(stars)) / 2)
    return Screen(t.html("night.summary", film=film_label(film), stars=mean, count=len(stars)))


def history_screen(found: Sequence[tuple[Night, str]], library: Library, t: Translator) -> Screen:
    """What a group watched, newest first."""
    if not found:
        return Screen(t.html("nights.empty"))
    lines: list[str] = [t.html("nights.title", count=len(found)), ""]
    for night, zone in found:
        at = (night.starts_at or night.decided_at or night.opened_at).astimezone(ZoneInfo(zone))
        if night.film_id is not None:
            film = film_label(library.film(night.film_id))
            lines.append(t.html("nights.line", date=f"{date_text(at, t)} {at.year}", film=film))
    return Screen("\n".join(lines))


def _headline(result: Result, t: Translator) -> str:
    if result.winner is None:
        fit = any(not each.vetoed and each.film for each in result.options)
        head = t.html("result.none" if fit else "result.all_void")
        if result.night.state != "gathering":
            return head
        return f"{head}\n{t.html('result.fresh_slate' if _goes_on(result) else 'result.no_slate')}"
    film = film_label(result.winner)
    if result.by_host:
        return t.html("result.picked", film=film)
    if not any(each.votes for each in result.ranked):
        void = any(each.votes for each in result.options)
        return t.html("result.all_votes_void" if void else "result.no_votes", film=film)
    return t.html("result.won", film=film, count=result.ranked[0].votes)


def _goes_on(result: Result) -> bool:
    """Whether there is another slate to be voted on."""
    return result.winner is None and result.night.state == "gathering" and result.offers >= ENOUGH


def _people(result: Result, t: Translator) -> list[str]:
    """A line for each, as far as there is room."""
    lines: list[str] = []
    for number, line in enumerate(result.lines):
        text = _line(line, result, t)
        if sum(map(len, lines)) + len(text) > _ROOM:
            return [*lines, t.html("result.others", count=len(result.lines) - number)]
        lines.append(text)
    return lines


def _line(line: Line, result: Result, t: Translator) -> str:
    """What somebody did, and, where it is a reason, a fact about the films that everybody can look up."""
    winner = result.winner
    if winner is None:
        if None in line.films:
            return t.html("line.none", name=line.name)
        if line.films:
            return t.html("line.other", name=line.name, films=_titles(line.films, t))
        return t.html("line.no_vote", name=line.name)
    if winner in line.films:
        return t.html("line.for_it", name=line.name, fact=_fact(winner, result.before, t))
    others = [film for film in line.films if film is not None]
    if others:
        common = _common(winner, others[0], t)
        if common:
            return t.html("line.other_like", name=line.name, films=_titles(others, t), common=common)
        return t.html("line.other", name=line.name, films=_titles(others, t))
    if line.films:
        return t.html("line.none", name=line.name)
    return t.html("line.no_vote" if result.by_host else "line.joined", name=line.name)


def _titles(films: Sequence[Film | None], t: Translator) -> str:
    names = [t.plain("night.none") if film is None else film_label(film) for film in films]
    return ", ".join(names[:_TITLES]) + (" …" if len(names) > _TITLES else "")


def _fact(film: Film, before: Film | None, t: Translator) -> str:
    """What the film is, and whether the group's last one was that too."""
    if before is not None:
        common = _common(film, before, t)
        if common:
            return t.plain("fact.like_last", kind=common, film=film_label(before))
    return _kind(film.genres[:2], film.year, t)


def _common(film: Film, other: Film, t: Translator) -> str:
    """The genres and the decade that two films share, in words; "" for none."""
    genres = [genre for genre in film.genres if genre in other.genres][:2]
    same = film.year is not None and other.year is not None and film.year // 10 == other.year // 10
    return _kind(genres, film.year if same else None, t) if genres or same else ""


def _kind(genres: Sequence[str], year: int | None, t: Translator) -> str:
    decade = "" if year is None else t.plain("fact.decade", decade=year // 10 * 10)
    names = " ".join((" / ".join(genres), t.plain("fact.film"))).strip()
    return f"{names} {decade}".strip()


def _why(result: Result, t: Translator) -> list[str]:
    lines: list[str] = [t.html("why.rule")]
    if result.by_host:
        lines.append(t.html("why.host"))
    for place, each in enumerate(result.ranked, start=1):
        lines.append(_ranked(place, each, t))
    void = [each for each in result.options if each.vetoed and each.film is not None]
    lines += [t.html("why.void", film=film_label(each.film), count=each.votes) for each in void if each.film]
    return lines


def _ranked(place: int, each: TalliedOption, t: Translator) -> Html:
    if each.film is None or each.rank is None:
        return t.html("why.none", place=place, film=t.plain("night.none"), count=each.votes)
    return t.html("why.line", place=place, film=film_label(each.film), count=each.votes, rank=each.rank)
