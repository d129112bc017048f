"""Who wins, and when polls close: the declared rules, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from storage.night.polls import Option

_BEFORE = timedelta(hours=1)  # a planned night's poll closes so long before it
_SHORTEST = timedelta(minutes=5)  # and stays open at least so long
_MORNING = time(10, 0)
_NIGHT_ENDS = timedelta(hours=5)  # after midnight still belongs to the evening before


@dataclass(frozen=True, slots=True)
class Count:
    """An option with its votes, which are void where somebody vetoed the film."""

    option: Option
    votes: int
    vetoed: bool


def count(
    options: Sequence[Option],
    votes: Mapping[int, Sequence[int]],
    vetoed: Collection[int],
    voters: Collection[int] | None,
) -> list[Count]:
    """The votes of each option, in the order of the poll. `voters`: whose votes count, None for everybody's.

    A vetoed film keeps its place and its votes, but cannot win.
    """
    given = [0] * len(options)
    for person_id, positions in votes.items():
        if voters is None or person_id in voters:
            for position in positions:
                if 0 <= position < len(given):
                    given[position] += 1
    return [
        Count(option, got, option.film_id is not None and option.film_id in vetoed)
        for option, got in zip(options, given, strict=True)
    ]


def ranking(counts: Sequence[Count]) -> list[Count]:
    """Best first: by votes, then by the film's rank in the slate, then the earlier option. Vetoed films are
    left out; "None of these" has no rank, so it wins only with more votes than any film."""
    fit = [each for each in counts if not each.vetoed]
    return sorted(
        fit,
        key=lambda each: (
            -each.votes,
            each.option.rank is None,
            each.option.rank or 0,
            each.option.position,
        ),
    )


def closing_time(now: datetime, starts_at: datetime | None, usual: timedelta) -> datetime:
    """When a poll that goes out now closes: an hour before the night, else after the usual time."""
    if starts_at is None:
        return now + usual
    return max(now + _SHORTEST, starts_at - _BEFORE)


def follow_up_time(film_at: datetime) -> datetime:
    """Ten in the morning after an evening; `film_at` is aware, in the group's zone, and so is the result."""
    evening = (film_at - _NIGHT_ENDS).date()
    return datetime.combine(evening + timedelta(days=1), _MORNING, film_at.tzinfo)


def out_of_quiet(at: datetime, quiet_from: int | None, quiet_to: int | None) -> datetime:
    """The first moment from `at` (in the group's zone) on that is not in its quiet hours."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return at
    hour = at.hour
    inside = quiet_from <= hour < quiet_to if quiet_from < quiet_to else hour >= quiet_from or hour < quiet_to
    if not inside:
        return at
    end = datetime.combine(at.date(), time(quiet_to), at.tzinfo)
    return end if end > at else end + timedelta(days=1)
