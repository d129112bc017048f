"""An intruder who sends any button that there is, with any ids: nothing is read, nothing changes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import Table

from bot.cards import Origin
from bot.films.library import genre_code
from bot.telegram.callbacks import EVERYBODYS, Record, pack
from storage.schema import metadata
from tests.bot.telegram.test_callbacks import RECORDS
from tests.e2e.driving import Bot, Group, Person
from tests.e2e.test_night import board_of, polled
from tests.e2e.test_taps import STALE

# What the fields of records may hold so that they name something real; `Victims` adds the ids.
FIELDS: dict[str, Any] = {
    **dict.fromkeys(("on", "number", "value", "version", "picked", "let_in"), 1),
    "kind": "seen",
    "stars": 5,
    "offset": 0,
    "decade": 1990,
    "fame": "known",
    "films": "1.2",
    "zone": "Europe/Lisbon",
    "code": genre_code("Comedy"),
    "name": "panel",
}
# Of these kinds a name says something else.
SPECIAL: dict[str, dict[str, Any]] = {
    "at": {"kind": "fine"},
    "gk": {"name": "outsiders", "value": "off"},
    "nf": {"kind": "pick"},
    "np": {"kind": "veto"},
}
OF_HOSTS = ("ns", "nx", "nc", "nf", "gk", "gz", "gp")  # and of admins of the group


class Victims:
    """Ada in the middle of everything, and her club: a night that is decided, and one whose poll is open."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.ada, self.grace, self.linus = (
            bot.person(name) for name in ("Adalbertine", "Gracelyn", "Linusson")
        )
        self.ada.join(5, 4, 5, 3, 4)
        self.grace.join(3, 5, 2, 5, 4)
        self.ada.say("/rate")
        self.ada.say("/history")
        self.ada.say("toy story")
        listed = self.ada.send("/recommend")
        self.ada.tap("Filter", listed)
        self.ada.say("/forgetme")
        self.club = polled(bot, self.ada, self.grace, self.linus)
        self.club[self.ada].vote(self.club.poll().options[0])
        self.club[self.ada].tap("Close now")
        self.club[self.ada].say("/night")
        self.club[self.grace].tap("Join", board_of(self.club))
        self.club[self.ada].tap("Start poll", board_of(self.club))
        self.stranger = bot.person("Mallory")
        self.stranger.begin()
        self.elsewhere = bot.group("Elsewhere", self.stranger)
        self.elsewhere[self.stranger].say("/settings")

    def ids(self, night: int) -> dict[str, Any]:
        """Everything of Ada's that a field may name; `night` counts from the newest."""
        one = {name: self.bot.rows(query)[0][0] for name, query in self._queries().items()}
        nights = [row[0] for row in self.bot.rows("SELECT id FROM nights ORDER BY id DESC")]
        film = self.bot.rows("SELECT film_id FROM poll_options WHERE film_id IS NOT NULL")[0][0]
        films = dict.fromkeys(("film_id", "reason_id", "first_id", "into_id"), film)
        return {
            **one,
            **films,
            "night_id": nights[night],
            "search_id": one["list_id"],
            "flag_id": 1,
            "job_id": 1,
        }

    def _queries(self) -> dict[str, str]:
        of_ada = f"(SELECT id FROM people WHERE telegram_id = {self.ada.id})"
        return {
            "list_id": f"SELECT max(id) FROM lists WHERE person_id = {of_ada} AND kind = 'recommend'",
            "round_id": f"SELECT max(id) FROM rounds WHERE person_id = {of_ada}",
            "panel_id": f"SELECT max(id) FROM filter_panels WHERE person_id = {of_ada}",
            "person_id": f"SELECT max(id) FROM people WHERE telegram_id = {self.ada.id}",
        }

    def sample(self, kind: type[Record], night: int = 0) -> Record:
        """A record of this type that names what is Ada's. Raises KeyError for a field without a sample."""
        prefix = kind.tag.rstrip("0123456789")
        values = {**FIELDS, **self.ids(night), **SPECIAL.get(prefix, {})}
        values["origin"] = Origin("l", values["list_id"]).pack()
        if prefix == "ns":
            values["number"] = 2
        return kind(**{field.name: values[field.name] for field in dataclasses.fields(kind)})  # type: ignore[arg-type]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows but those of the stranger, and of their group."""
        return {name: self._rows_of(table) for name, table in metadata.tables.items() if name != "updates"}

    def _rows_of(self, table: Table) -> list[tuple[Any, ...]]:
        mine = f"(SELECT id FROM people WHERE telegram_id = {self.stranger.id})"
        strangers = {
            "person_id": mine,
            "list_id": f"(SELECT id FROM lists WHERE person_id IN {mine})",
            "round_id": f"(SELECT id FROM rounds WHERE person_id IN {mine})",
            "chat_id": f"(SELECT id FROM chats WHERE telegram_id = {self.elsewhere.id})",
            "telegram_id": f"({self.stranger.id}, {self.elsewhere.id})",
        }
        where = [
            f"({column} IS NULL OR {column} NOT IN {theirs})"
            for column, theirs in strangers.items()
            if column in table.c
        ]
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        return sorted(self.bot.rows(f"SELECT * FROM {table.name} {condition}"), key=repr)


@pytest.fixture(scope="module")
def victims(running: Bot) -> Victims:
    return Victims(running)


def is_somebodys(kind: type[Record]) -> bool:
    return bool(set(kind.owned.values()) - {EVERYBODYS})


@pytest.mark.parametrize("place", ["private", "another group"])
def test_no_button_is_a_strangers_way_in(bot: Bot, victims: Victims, place: str) -> None:
    """A new field needs a sample here, or this fails."""
    seat: Person | Any = victims.stranger if place == "private" else victims.elsewhere[victims.stranger]
    on = seat.messages()[-1]
    before, names = victims.rows(), ("Adalbertine", "Gracelyn", "Linusson", "Friday")
    for kind in RECORDS:
        for night in (0, 1) if "night_id" in kind.owned else (0,):
            record = victims.sample(kind, night)
            shown = seat.transcript()["messages"]
            toast = seat.tap_data(pack(record), on)
            if is_somebodys(kind):
                assert toast in (STALE, "This button is for our private chat."), record
                assert seat.transcript()["messages"] == shown, record
            assert not any(
                name in f"{toast} {seat.last() if place == 'private' else ''}" for name in names
            ), record
    assert victims.rows() == before
    said = str(victims.stranger.transcript()) + str(victims.elsewhere.messages())
    assert not [name for name in names if name in said]


def test_a_member_does_not_do_what_is_the_hosts(bot: Bot, victims: Victims) -> None:
    """In the group itself, and with made-up data."""
    linus, before = victims.club[victims.linus], victims.rows()
    for kind in RECORDS:
        if kind.tag.rstrip("0123456789") in OF_HOSTS:
            toast = linus.tap_data(pack(victims.sample(kind)), board_of(victims.club))
            assert toast in ("That is for the host or an admin", "That is for the group's admins"), kind
    assert victims.rows() == before


def test_a_vote_through_a_forwarded_copy_makes_nobody_a_member(bot: Bot, victims: Victims) -> None:
    """It counts, under its name; but the group's lists are not for who was never there."""
    voter = bot.person("Vivian")
    voter.join(5, 5, 5, 5, 5)
    group = polled(bot, victims.ada, victims.grace)
    option = group.poll().options[0]
    vote_from_outside(bot, group, voter, option)
    assert "1 person has voted" in group.again(board_of(group)).text
    met = "SELECT count(*) FROM chat_members JOIN people ON people.id = person_id WHERE telegram_id = ?"
    assert bot.rows(met, voter.id) == [(0,)]
    group[victims.ada].tap("Close now", board_of(group))
    assert "Vivian voted for it" in group.last().text


def vote_from_outside(bot: Bot, group: Group, voter: Person, option: str) -> None:
    """As Telegram has it from a copy of the poll in some other chat: an answer names no chat."""
    poll = group.poll()
    answer = {
        "poll_id": poll.raw["poll_id"],
        "user": {"id": voter.id, "is_bot": False, "first_name": "Vivian"},
        "option_ids": [poll.options.index(option)],
        "option_persistent_ids": [str(poll.options.index(option))],
    }
    bot.telegram.on_loop(lambda: bot.telegram.world.updates.add("poll_answer", answer))
    bot.settle()


def test_a_list_of_one_is_nobodys(bot: Bot, victims: Victims) -> None:
    """With one taste known it would tell the others what that one likes."""
    alone = bot.group("Two", victims.ada, victims.linus)
    found = alone[victims.ada].send("/recommend")
    assert "I know the taste of only one of you" in found.text
    other = bot.group("Nobody", victims.linus)
    assert found.films == other[victims.linus].send("/recommend").films
    both = bot.group("Both", victims.ada, victims.grace)
    both[victims.ada].say("/recommend")
    assert "For 2 of you" in both[victims.grace].send("/recommend").text


@pytest.mark.parametrize("told", ["by nobody", pytest.param("by a service message", marks=pytest.mark.check)])
def test_who_left_is_met_no_more(bot: Bot, victims: Victims, told: str) -> None:
    """Telegram is silent about it in large groups: then it is asked before a list is made."""
    group = bot.group("Leaving", victims.ada, victims.grace)
    group[victims.grace].say("/recommend")
    assert "For 2 of you" in group[victims.ada].send("/recommend").text
    if told == "by nobody":
        bot.stop()
        group._telegram.post(f"/chats/{group.id}/members", person_id=victims.grace.id, status="left")
        bot.telegram.post("/updates/expire")
        bot.start()
    else:
        group[victims.grace].leave()
    assert "the taste of only one of you" in group[victims.ada].send("/recommend").text
    met = "SELECT count(*) FROM chat_members JOIN chats ON chats.id = chat_id WHERE chats.telegram_id = ?"
    assert bot.rows(met, group.id) == [(1,)]
