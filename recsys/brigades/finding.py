"""Pushes and near-copies put together: who acts as one, on which films, and the evidence for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.arrays import Ints, Mask
from recsys.brigades.config import BrigadeConfig
from recsys.brigades.copies import find_copies
from recsys.brigades.population import LEVELS, Population
from recsys.brigades.pushes import Push, find_pushes
from recsys.data.ratings import Ratings

_KINDS = ("copies", "burst", "flip")
_DEFAULTS = BrigadeConfig()
_SHARED = 0.5  # of the smaller group's accounts in another one: they are the same brigade
_DOUBT = 0.2  # share of the accounts that a push would add to a brigade, and that may be honest
_COMMON = 0.5  # of the near-copies rate a film: it is one of theirs
_NEAR = 1  # half stars between two ratings that agree
_COMPARED = 200  # accounts whose likeness is measured; more would say the same
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Brigade:
    """Accounts that act as one; ids ascending, the film that they move most first.

    `kinds` are some of "copies" (their stars are near-copies), "burst" (they came at once for a film), "flip"
    (they move a film's mean). `evidence` has plain numbers, those that are known of: `accounts`, `films`;
    `ratings_per_account`, the median; of the first film `mean_before` and `mean_after` (stars, without and
    with them), `share` of its ratings that are theirs, `hours` within which the middle 90 % of these came;
    `expected`, accounts that would have come, and `surprise` in nats, of a push; `similarity` and
    `similarity_usual`, the shares of films rated by two of them, and by one of them and another suspect,
    where both are half a star apart at most. `first_at` and `last_at` (Unix seconds) are of all ratings that
    are theirs.
    """

    user_ids: tuple[int, ...]
    movie_ids: tuple[int, ...]
    kinds: tuple[str, ...]
    evidence: dict[str, float]
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Rows of accounts, ascending, with the pushes that they make."""

    users: Ints
    pushes: tuple[Push, ...] = ()
    copies: bool = False

    @property
    def strength(self) -> float:
        """Copies differ from honest people with the most certainty."""
        return np.inf if self.copies else max(each.surprise for each in self.pushes)

    @property
    def honest(self) -> float:
        """Accounts that may push by chance."""
        return sum(each.honest for each in self.pushes)

    def same_push(self, other: _Group) -> bool:
        """Whether both push a film to the same side."""
        mine = {(each.film, each.up) for each in self.pushes}
        return any((each.film, each.up) in mine for each in other.pushes)


def find_brigades(
    ratings: Ratings, suspects: npt.ArrayLike, *, now: int | None = None, config: BrigadeConfig = _DEFAULTS
) -> list[Brigade]:
    """The brigades among `suspects` (user ids), the largest first.

    `suspects` are the people of the bot; all others in `ratings`, the data set's, are what they are measured
    against, and are never flagged. Ratings after `now` (Unix seconds) are not looked at; None looks at all.
    The order of the ratings changes nothing.
    """
    if now is not None:
        ratings = ratings.take(ratings.timestamps <= now)
    ids = np.intersect1d(np.asarray(suspects, dtype=np.int64), ratings.user_ids)
    if len(ids) < min(config.accounts, config.copies):
        return []
    ratings = ratings.take(np.lexsort((ratings.movie_ids, ratings.user_ids)))
    population = Population.of(ratings, ids, config)
    groups = [
        _Group(np.unique(population.users[each.rows]), (each,)) for each in find_pushes(population, config)
    ]
    groups += [_Group(users, copies=True) for users in find_copies(population, config)]
    found = [_brigade(population, group, config) for group in _merged(groups)]
    return sorted(filter(None, found), key=lambda each: (-len(each.user_ids), each.user_ids))


def _merged(groups: Iterable[_Group]) -> list[_Group]:
    """Groups that are the same brigade made one, from near-copies and the most surprising push on.

    A push by mostly the same accounts adds its film, but none of its other accounts if these may be honest:
    they agree with the group on a film that it rates besides.
    """
    merged: list[_Group] = []
    for group in sorted(groups, key=lambda each: -each.strength):
        for at, other in enumerate(merged):
            others = np.setdiff1d(group.users, other.users)
            if other.same_push(group) or len(others) <= (1 - _SHARED) * len(group.users):
                grown = other.same_push(group) or group.honest <= _DOUBT * len(others)
                users = np.union1d(group.users, other.users) if grown else other.users
                merged[at] = _Group(users, other.pushes + group.pushes, other.copies)
                break
        else:
            merged.append(group)
    return merged


def _brigade(population: Population, group: _Group, config: BrigadeConfig) -> Brigade | None:
    """A group with its evidence; None when it neither copies, nor hurries, nor moves a film."""
    theirs = np.isin(population.users, group.users)
    films = _films(population, group, theirs, config)
    rows = np.flatnonzero(theirs & (population.films == films[0]))
    effect = _effect(population, int(films[0]), theirs)
    likeness = _likeness(population, group.users)
    evidence = {
        "accounts": float(len(group.users)),
        "films": float(len(films)),
        "ratings_per_account": float(np.median(population.counts[group.users])),
        **effect,
        "hours": float(np.diff(np.quantile(population.times[rows], (0.05, 0.95)))[0] / _HOUR),
        **likeness,
    }
    if group.pushes:
        strongest = max(group.pushes, key=lambda each: each.surprise)
        evidence |= {"surprise": strongest.surprise, "expected": strongest.expected}
    kinds = {
        "copies": group.copies,
        "burst": any(each.hours <= config.burst_hours for each in group.pushes),
        "flip": bool(group.pushes) and _moved(effect) >= config.flip,
    }
    if not any(kinds.values()):
        return None
    times = population.times[theirs]
    return Brigade(
        tuple(population.user_ids[group.users].tolist()),
        tuple(population.film_ids[films].tolist()),
        tuple(kind for kind in _KINDS if kinds[kind]),
        {name: round(value, 4) for name, value in evidence.items()},
        int(times.min()),
        int(times.max()),
    )


def _films(population: Population, group: _Group, theirs: Mask, config: BrigadeConfig) -> Ints:
    """The films that a group pushes, and those of near-copies that they move; the most moved first."""
    films = np.unique([each.film for each in group.pushes]).astype(np.int64)
    if group.copies:
        raters = np.bincount(population.films[theirs], minlength=len(population.film_ids))
        films = np.union1d(films, np.flatnonzero(raters >= _COMMON * raters.max()))
    moved = np.array([_moved(_effect(population, film, theirs)) for film in films.tolist()])
    pushed = np.isin(films, [each.film for each in group.pushes])
    order = np.argsort(-moved, kind="stable")
    kept: Ints = films[order][(pushed | (moved >= config.flip))[order]]
    return kept if len(kept) else films[order][:1]


def _moved(effect: dict[str, float]) -> float:
    """Stars by which a film's mean changes; infinitely many where nobody else rates it."""
    return abs(effect["mean_after"] - effect["mean_before"]) if "mean_before" in effect else np.inf


def _effect(population: Population, film: int, theirs: Mask) -> dict[str, float]:
    """A film's mean without and with a group, in stars, and the share of its ratings that are theirs."""
    of_film = population.films == film
    stars, own = population.stars(np.flatnonzero(of_film)), theirs[of_film]
    effect = {"mean_after": float(stars.mean()), "share": float(own.mean())}
    if not own.all():
        effect["mean_before"] = float(stars[~own].mean())
    return effect


def _likeness(population: Population, users: Ints) -> dict[str, float]:
    """How often two of a group agree on a film, and how often one of them and another suspect do."""
    group = users[np.linspace(0, len(users) - 1, min(len(users), _COMPARED)).astype(np.int64)]
    others = np.setdiff1d(np.flatnonzero(population.suspect), users)
    others = others[np.linspace(0, len(others) - 1, min(len(others), _COMPARED)).astype(np.int64)]
    inside, outside = _agreement(population, group, group), _agreement(population, group, others)
    found = {"similarity": inside, "similarity_usual": outside}
    return {name: value for name, value in found.items() if value is not None}


def _agreement(population: Population, some: Ints, others: Ints) -> float | None:
    """Share of films rated by one of `some` and one of `others` where they agree; None without any."""
    tables = []
    for accounts in (some, others):
        chosen = np.isin(population.users, accounts)
        cells = population.films[chosen] * LEVELS + population.levels[chosen]
        tables.append(np.bincount(cells, minlength=len(population.film_ids) * LEVELS).reshape(-1, LEVELS))
    first, second = tables
    wide = np.pad(second, ((0, 0), (_NEAR, _NEAR)))
    near = np.sum([wide[:, step : step + LEVELS] for step in range(2 * _NEAR + 1)], axis=0)
    agreeing, total = int((first * near).sum()), int((first.sum(axis=1) * second.sum(axis=1)).sum())
    if some is others:  # nobody is compared with themselves
        own = int(first.sum())
        agreeing, total = agreeing - own, total - own
    return agreeing / total if total else None
