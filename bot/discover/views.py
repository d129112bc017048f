"""Lists and candidates as messages."""

from __future__ import annotations

from bot.cards import MoreLikeThis, OpenCard, Origin, kinship_text, number_rows, reason_text
from bot.discover.service import ListItem, ListPage
from bot.films.library import FoundFilms
from bot.telegram.callbacks import Record, record
from bot.telegram.screen import Button, Screen
from bot.texts import Translator
from bot.ways import ListId, OpenFilters, ShowList
from bot.wording import echo, expected_text, film_label, filters_text, stars_text
from storage.people.filters import NO_FILTERS


@record("lm")
class MoreOfList(Record):
    """The page after this list."""

    list_id: ListId


def list_screen(page: ListPage, t: Translator) -> Screen:
    """Numbered films, a button for each number, `More` and `Filter`; what is filtered is on top."""
    navigation = []
    if page.parent_id is not None:
        navigation.append(Button(t.plain("button.back"), ShowList(page.parent_id)))
    narrow = Button(t.plain("button.filter"), OpenFilters(page.id))
    if not page.items:
        if page.filters != NO_FILTERS:
            navigation.append(narrow)
        return Screen(_nothing(page, t), (tuple(navigation),) if navigation else ())
    lines = [*_head(page, t), ""]
    lines += [_line(item, page.kind, t) for item in page.items]
    if page.kind == "recommend" and page.anonymous:
        lines += ["", t.html("list.anonymous")]
    navigation += [Button(t.plain("button.more"), MoreOfList(page.id)), narrow]
    origin = Origin("l", page.id).pack()
    numbers = number_rows([OpenCard(item.film.id, origin) for item in page.items], t)
    return Screen("\n".join(lines), (*numbers, tuple(navigation)))


def candidates_screen(found: FoundFilms, asked: str, similar: bool, t: Translator) -> Screen:
    """Which of these? A button for each film; `similar`: a tap lists its neighbours, else opens its card."""
    nothing = "search.nearest" if found.films else "search.nothing"
    return Screen(
        t.html("search.which" if found.matched else nothing, asked=echo(asked)),
        tuple(
            (Button(film_label(film), MoreLikeThis(film.id) if similar else OpenCard(film.id, "")),)
            for film in found.films
        ),
    )


def _head(page: ListPage, t: Translator) -> list[str]:
    if page.seed is not None:
        lines: list[str] = [t.html("list.similar", film=film_label(page.seed))]
    else:
        lines = [t.html("list.recommend")]
    if page.filters != NO_FILTERS:
        lines.append(t.html("list.filtered", filters=filters_text(page.filters, t)))
    return lines


def _nothing(page: ListPage, t: Translator) -> str:
    if page.filters != NO_FILTERS:
        return "\n".join([*_head(page, t), "", t.html("list.nothing_passes")])
    return t.html("list.nothing_similar" if page.kind == "similar" else "list.nothing_left")


def _line(item: ListItem, kind: str, t: Translator) -> str:
    line: str = t.html("list.line", number=item.position, film=film_label(item.film))
    if item.stars is not None:
        return f"{line} {t.html('list.yours', stars=stars_text(item.stars))}"
    if item.expected is not None:
        line = f"{line} {t.html('list.expected', stars=expected_text(item.expected))}"
    for kind_of_mark in ("refused", "seen"):
        if kind_of_mark in item.marks:
            mark = t.plain("button.set", label=t.plain(f"button.{kind_of_mark}"))
            line = f"{line} {t.html('list.mark', mark=mark)}"
    if item.on_watchlist:
        line = f"{line} {t.html('list.on_watchlist')}"
    if item.kinship is not None:
        return f"{line}\n{kinship_text(item.kinship, t)}"
    return line if kind == "similar" else f"{line}\n{reason_text(item.reason, t)}"
