"""Flags, people and who is kept out, as messages to an admin. People go by number: names are not kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.admin.moderation.service import PAGE, Flagged, KeptOutPage, Rater
from bot.admin.wording import span
from bot.cards import number_rows
from bot.telegram.callbacks import AdminsId, Record, record
from bot.telegram.screen import Button, Screen, page_buttons
from bot.texts import Translator
from bot.wording import film_label
from storage.films.films import Film

_FILMS, _PEOPLE = 5, 20  # named in one message; of the others, how many


@record("xf")
class OpenFlag(Record):
    """A flag with its evidence."""

    flag_id: AdminsId


@record("xd")
class DecideFlag(Record):
    """Let a flag's people in (1), or keep them out (0)."""

    flag_id: AdminsId
    let_in: int


@record("xp")
class OpenPerson(Record):
    """A person by number."""

    person_id: AdminsId


@record("xj")
class DecidePerson(Record):
    """Let a person in (1), or keep them out (0)."""

    person_id: AdminsId
    let_in: int


@record("xo")
class OpenKeptOut(Record):
    """The first page of those kept out, below a flag or a person, which stays with its buttons."""


@record("xk")
class ShowKeptOut(Record):
    """The page of those kept out that begins at this offset."""

    offset: int


def flag_screen(flagged: Flagged, t: Translator) -> Screen:
    """What was found, why, whom it concerns, and what an admin can do about it."""
    flag = flagged.flag
    size = len(flag.person_ids)
    lines: list[str] = [
        t.html("flag.title", number=flag.id, count=size, film=film_label(flagged.films[0])),
        "",
        *_evidence(flag.kinds, flag.evidence, t),
    ]
    if len(flagged.films) > 1:
        lines.append(t.html("flag.films", films=_films(flagged.films, t)))
    lines += [
        t.html("flag.people", people=_listed([str(each) for each in flag.person_ids], _PEOPLE, t)),
        "",
        t.html(f"flag.state.{flag.state}"),
        t.html("flag.kept_out", count=flagged.kept_out, of=size),
    ]
    let_in = Button(t.plain("button.let_in"), DecideFlag(flag.id, 1))
    keep_out = Button(t.plain("button.keep_out"), DecideFlag(flag.id, 0))
    buttons = {"open": (let_in, keep_out), "kept_out": (let_in,), "let_in": (keep_out,)}[flag.state]
    return Screen("\n".join(lines), (buttons, (_to_list(t),)))


def rater_screen(rater: Rater, t: Translator) -> Screen:
    """A person by number: what they rated, which flags they are in, whether their ratings count."""
    standing = rater.standing
    out = standing is not None and standing.state == "kept_out"
    lines: list[str] = [t.html("member.title", number=rater.person_id, count=rater.rated)]
    if rater.flags:
        numbers = ", ".join(f"#{each}" for each in rater.flags)
        lines.append(t.html("member.flags", flags=numbers))
    lines += ["", t.html("member.kept_out" if out else "member.let_in")]
    if standing is not None and standing.why == "admin":
        lines.append(t.html("member.by_hand"))
    label = t.plain("button.let_in" if out else "button.keep_out")
    rows = [(Button(label, DecidePerson(rater.person_id, int(out))),)]
    rows += [(Button(t.plain("button.flag", number=each), OpenFlag(each)),) for each in rater.flags[:PAGE]]
    return Screen("\n".join(lines), (*rows, (_to_list(t),)))


def kept_out_screen(page: KeptOutPage, t: Translator) -> Screen:
    """Who is kept out: flags, then single people; a button for each number."""
    if not page.lines:
        return Screen("\n".join([t.html("kept_out.nobody"), "", t.html("kept_out.hint")]))
    lines: list[str] = [t.html("kept_out.title", count=page.people), ""]
    actions: list[Record] = []
    for number, each in enumerate(page.lines, start=1):
        if isinstance(each, Flagged):
            film = film_label(each.films[0])
            size = len(each.flag.person_ids)
            lines.append(t.html("kept_out.flag", number=number, flag=each.flag.id, count=size, film=film))
            actions.append(OpenFlag(each.flag.id))
        else:
            lines.append(t.html("kept_out.person", number=number, person=each.person_id))
            actions.append(OpenPerson(each.person_id))
    lines += ["", t.html("kept_out.hint")]
    turns = page_buttons(page.offset, PAGE, page.total, ShowKeptOut, t)
    return Screen("\n".join(lines), (*number_rows(actions, t), *((turns,) if turns else ())))


def unknown_screen(asked: str, t: Translator) -> Screen:
    """Nobody is known by that number."""
    return Screen("\n".join([t.html("kept_out.unknown", asked=asked), t.html("kept_out.hint")]))


def _to_list(t: Translator) -> Button:
    return Button(t.plain("button.kept_out"), OpenKeptOut())


def _evidence(kinds: Sequence[str], evidence: Mapping[str, float], t: Translator) -> list[str]:
    """A line for each kind of evidence whose numbers are known."""
    lines: list[str] = []
    if {"similarity", "similarity_usual"} <= evidence.keys():
        agreeing, usual = evidence["similarity"], evidence["similarity_usual"]
        key = "flag.copies" if "copies" in kinds else "flag.agreement"
        lines.append(t.html(key, share=_percent(agreeing), usual=_percent(usual)))
    if "burst" in kinds:
        lines.append(t.html("flag.burst", span=span(timedelta(hours=evidence["hours"]), t)))
    if "expected" in evidence:
        few = evidence["expected"] < 1
        expected = t.plain("flag.less_than_one") if few else _short(evidence["expected"])
        lines.append(t.html("flag.expected", expected=expected))
    if "mean_before" in evidence:
        before, after = (f"{evidence[name]:.2f}" for name in ("mean_before", "mean_after"))
        share = _percent(evidence["share"])
        lines.append(t.html("flag.flip", before=before, after=after, share=share))
    else:
        lines.append(t.html("flag.alone", after=f"{evidence['mean_after']:.2f}"))
    each = evidence["ratings_per_account"]
    lines.append(t.html("flag.ratings_one") if each == 1 else t.html("flag.ratings", ratings=_short(each)))
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _short(number: float) -> str:
    """A number of two digits or so: 3.2, 17."""
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"


def _films(films: Sequence[Film], t: Translator) -> str:
    return _listed([film_label(film) for film in films], _FILMS, t)


def _listed(names: Sequence[str], most: int, t: Translator) -> str:
    """The first names, and how many more there are; plain text."""
    named = ", ".join(names[:most])
    return named if len(names) <= most else t.plain("flag.more", named=named, more=len(names) - most)
