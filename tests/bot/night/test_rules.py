"""The declared rules, on votes with known winners."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.night.rules import closing_time, count, follow_up_time, out_of_quiet, ranking
from storage.night.polls import Option

# Films 71, 72, 73 in the poll's order, ranked 2, 3, 1 in the slate; then "None of these".
OPTIONS = [Option(0, 71, 2), Option(1, 72, 3), Option(2, 73, 1), Option(3, None, None)]
NEW_YORK = ZoneInfo("America/New_York")


def winner(
    votes: dict[int, list[int]], vetoed: frozenset[int] = frozenset(), voters: set[int] | None = None
) -> int | None:
    return ranking(count(OPTIONS, votes, vetoed, voters))[0].option.film_id


@pytest.mark.parametrize(
    ("votes", "film_id"),
    [
        ({1: [1], 2: [1], 3: [0]}, 72),  # most votes
        ({1: [0], 2: [1]}, 71),  # equal: the higher rank
        ({1: [0], 2: [2]}, 73),
        ({}, 73),  # nobody voted: the first of the slate
        ({1: [3], 2: [0]}, 71),  # "None of these" has no rank
        ({1: [3], 2: [3], 3: [0]}, None),
        ({1: [0, 1, 2], 2: [1]}, 72),  # several votes of one person
        ({1: [9], 2: [1]}, 72),  # no such option
    ],
)
def test_who_wins(votes: dict[int, list[int]], film_id: int | None) -> None:
    assert winner(votes) == film_id


def test_vetoed_films_keep_their_votes_and_lose() -> None:
    votes = {1: [0], 2: [0], 3: [1]}
    counts = count(OPTIONS, votes, {71}, None)
    assert [(each.votes, each.vetoed) for each in counts] == [(2, True), (1, False), (0, False), (0, False)]
    assert winner(votes, frozenset({71})) == 72
    assert winner({1: [0]}, frozenset({71, 72, 73})) is None


def test_votes_of_others_count_by_setting() -> None:
    votes = {1: [0], 2: [1], 3: [1]}
    assert winner(votes) == 72
    assert winner(votes, voters={1}) == 71


def test_equal_ranks_go_to_the_earlier_option() -> None:
    same = [Option(0, 71, 1), Option(1, 72, 1)]
    assert ranking(count(same, {}, set(), None))[0].option.film_id == 71


def test_when_a_poll_closes() -> None:
    now = datetime(2026, 11, 24, 18, 0, tzinfo=NEW_YORK)
    usual = timedelta(hours=2)
    assert closing_time(now, None, usual) == now + usual
    assert closing_time(now, now + timedelta(hours=5), usual) == now + timedelta(hours=4)
    assert closing_time(now, now + timedelta(minutes=30), usual) == now + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("film_at", "morning"),
    [("2026-11-24T20:00", "2026-11-25T10:00"), ("2026-11-25T02:00", "2026-11-25T10:00")],
)
def test_the_morning_after(film_at: str, morning: str) -> None:
    at = datetime.fromisoformat(film_at).replace(tzinfo=NEW_YORK)
    assert follow_up_time(at) == datetime.fromisoformat(morning).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("at", "hours", "later"),
    [
        ("2026-11-24T23:30", (22, 8), "2026-11-25T08:00"),
        ("2026-11-25T07:59", (22, 8), "2026-11-25T08:00"),
        ("2026-11-25T08:00", (22, 8), "2026-11-25T08:00"),
        ("2026-11-24T13:00", (12, 14), "2026-11-24T14:00"),
        ("2026-11-24T23:30", (None, None), "2026-11-24T23:30"),
    ],
)
def test_quiet_hours(at: str, hours: tuple[int | None, int | None], later: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=NEW_YORK)
    assert out_of_quiet(moment, *hours) == datetime.fromisoformat(later).replace(tzinfo=NEW_YORK)
