"""Flags, people and those kept out, from sample data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.admin.moderation.service import Flagged, KeptOutPage, Rater
from bot.admin.moderation.views import (
    DecideFlag,
    DecidePerson,
    OpenFlag,
    OpenKeptOut,
    OpenPerson,
    ShowKeptOut,
    flag_screen,
    kept_out_screen,
    rater_screen,
    unknown_screen,
)
from bot.telegram.screen import Screen
from bot.texts import translator
from storage.films.films import Film
from storage.running.flags import Flag
from storage.running.standings import Standing
from tests.bot.admin.screens import labels, shown

T = translator("en")
AT = datetime(2026, 11, 24, tzinfo=UTC)
EVIDENCE = {
    "accounts": 40.0,
    "films": 1.0,
    "ratings_per_account": 8.5,
    "mean_before": 2.968,
    "mean_after": 4.0143,
    "share": 0.5714,
    "hours": 11.26,
    "similarity": 0.855,
    "similarity_usual": 0.4747,
    "surprise": 80.0,
    "expected": 0.0416,
}


def film(number: int, title: str = "Fast & Furious <3") -> Film:
    return Film(number, "tiny", number, title, 1995, ("Drama",), None, None, ())


def flagged(people: int = 40, films: int = 1, **changes: Any) -> Flagged:
    fields: dict[str, Any] = {"state": "open", "kinds": ("burst",), "evidence": EVIDENCE} | changes
    flag = Flag(
        3,
        film_ids=tuple(range(films)),
        found_at=AT,
        decided_at=None,
        person_ids=tuple(range(1, people + 1)),
        **fields,
    )
    return Flagged(flag, tuple(film(number) for number in range(films)), people)


def actions(screen: Screen) -> list[object]:
    return [button.action for row in screen.rows for button in row]


def test_the_evidence_in_words() -> None:
    text = shown(flag_screen(flagged(kinds=("copies", "burst")), T))
    assert text.startswith("🚩 Flag #3: 40 accounts around Fast & Furious <3 (1995)\n")
    assert "Near-copies" in text
    assert "agree in 86 % of the cases. With others it is 47 %" in text
    assert "nine in ten of their ratings of it came within 11 h" in text
    assert "To be expected there, of accounts like these: less than one." in text
    assert "goes from 2.97★ to 4.01★ with them; 57 % of its ratings are theirs" in text
    assert "8.5 ratings each" in text
    assert "Kept out now: 40 of 40" in text


@pytest.mark.parametrize(
    ("hours", "words"), [(0.0022, "within 8 s"), (0.25, "within 15 min"), (60.0, "within 2 days")]
)
def test_a_burst_is_as_long_as_one_says_it(hours: float, words: str) -> None:
    evidence = {**EVIDENCE, "hours": hours, "expected": 3.2}
    text = shown(flag_screen(flagged(kinds=("burst",), evidence=evidence), T))
    assert words in text
    assert "of accounts like these: 3.2." in text


def test_what_is_not_known_is_not_told() -> None:
    bare = {"ratings_per_account": 1.0, "mean_after": 5.0, "share": 1.0, "hours": 700.0}
    text = shown(flag_screen(flagged(kinds=("copies",), evidence=bare), T))
    assert "Nobody else has rated the film: 5.00★" in text
    assert "They have one rating each" in text
    for word in ("agree", "burst", "expected", "goes from"):
        assert word not in text


def test_many_people_and_films_are_counted() -> None:
    text = shown(flag_screen(flagged(people=5000, films=40), T))
    assert "20 and 4980 more" in text
    assert "and 35 more" in text


@pytest.mark.parametrize(
    ("state", "row"),
    [("open", ["Let in", "Keep out"]), ("kept_out", ["Let in"]), ("let_in", ["Keep out"])],
)
def test_what_can_be_done_about_a_flag(state: str, row: list[str]) -> None:
    screen = flag_screen(flagged(state=state), T)
    assert labels(screen) == [row, ["Kept out"]]
    wanted = {"Let in": DecideFlag(3, 1), "Keep out": DecideFlag(3, 0)}
    assert actions(screen) == [*(wanted[label] for label in row), OpenKeptOut()]


def test_a_flag_whose_people_are_all_forgotten() -> None:
    assert "0 accounts" in shown(flag_screen(flagged(people=0), T))


def test_a_person() -> None:
    screen = rater_screen(Rater(17, 1, (3,), Standing(17, "kept_out", "admin", AT)), T)
    text = shown(screen)
    assert text.startswith("Person 17: 1 rating\nIn flags: #3\n")
    assert "kept out of training" in text
    assert "by hand" in text
    assert actions(screen) == [DecidePerson(17, 1), OpenFlag(3), OpenKeptOut()]
    free = rater_screen(Rater(17, 2, (), None), T)
    assert "Training learns" in shown(free)
    assert "by hand" not in shown(free)
    assert actions(free)[0] == DecidePerson(17, 0)


def test_the_list_and_its_pages() -> None:
    single = (Standing(n, "kept_out", "admin", AT) for n in range(50, 59))
    screen = kept_out_screen(KeptOutPage(10, 25, 61, (flagged(), *single)), T)
    text = shown(screen)
    assert text.startswith("Kept out of training: 61 people")
    assert "1. Flag #3: 40 accounts around Fast & Furious <3 (1995)\n2. Person 50\n" in text
    assert actions(screen)[:2] == [OpenFlag(3), OpenPerson(50)]
    assert actions(screen)[-2:] == [ShowKeptOut(0), ShowKeptOut(20)]
    assert labels(screen)[-1] == ["Newer", "Older"]
    assert labels(kept_out_screen(KeptOutPage(0, 0, 0, ()), T)) == []


def test_nobody_by_that_name() -> None:
    assert shown(unknown_screen("<b>@ada", T)).startswith("I know nobody as “<b>@ada”")
