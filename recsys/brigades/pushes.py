"""Accounts that came for one film: too many of them, and too much of one mind, for what is usual.

For each film and each side (5 stars, 4 and more, 2 and less, 1) the ratings of small and young accounts are
scanned: over windows of time, and over how few ratings an account has. The window whose content surprises
most is a push, as in a scan statistic (Kulldorff, *A spatial scan statistic*, 1997). Surprise is the sum of:

- of the stars: k of the m accounts that rate the film are on this side. Others give the film p of such stars;
  among these people it may be another p, with the variance of `drift` and of what is not known of the film:
  so k is beta-binomial, and its tail is bounded by a geometric series;
- of the presence: m accounts rate the film, where the window's small accounts, with all the ratings they
  give, would make E, by the film's share of the data set's ratings or, if it is higher, of those that older
  and larger accounts give in the same window: what everybody talks about is rated by them as well. m is
  geometric, for people come in clumps. A film that the bot asks newcomers about surprises nobody by who
  rates it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.arrays import Doubles, Ints, Mask
from recsys.brigades.config import BrigadeConfig
from recsys.brigades.population import LEVELS, PRIOR, Population

_SIZES = (2, 4, 8, 16)  # ratings of the accounts looked at, at most; and those of a small account
_HOURS = (6.0, 48.0, 168.0)  # lengths of windows; and all times
_HIGH = (slice(8, None), slice(7, None))  # levels: 4.5 stars and more, 4 and more
_LOW = (slice(0, 3), slice(0, 4))  # 1.5 stars and less, 2 and less
_CONTROL = 20  # ratings of older accounts that weigh as much as the data set's share
_PUSHES = 6  # of one film and side at most
_HONEST = 0.1  # share of those whom a push takes in beyond its window that may be there by chance


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """`rows` are positions of the accounts' ratings of the film; `hours` is the window's length.

    `expected` accounts would have rated the film there; infinite hours are all times. `honest` of the
    accounts may be there by chance.
    """

    film: int
    up: bool
    rows: Ints
    surprise: float
    expected: float
    hours: float
    honest: float = 0.0


def find_pushes(population: Population, config: BrigadeConfig) -> list[Push]:
    """Every push of every film, up or down."""
    order = np.flatnonzero(population.passing)
    order = order[np.lexsort((population.times[order], population.films[order]))]
    bounds = np.searchsorted(population.films[order], np.arange(len(population.film_ids) + 1))
    activity = _Activity.of(population, sorted({*_SIZES, config.small}))
    pushes: list[Push] = []
    for film in np.flatnonzero(np.diff(bounds) >= config.accounts).tolist():
        rows = order[bounds[film] : bounds[film + 1]]
        for up, sides in ((True, _HIGH), (False, _LOW)):
            scans = [_Scan(population, activity, film, up, levels, config) for levels in sides]
            pushes.extend(_of_film(scans, rows, config))
    return pushes


def _of_film(scans: Sequence[_Scan], rows: Ints, config: BrigadeConfig) -> Iterator[Push]:
    """Pushes of one film up, or down, the most surprising first; none with accounts of those before."""
    for _ in range(_PUSHES):
        found = [(push, scan) for scan in scans if (push := scan.best(rows)) is not None]
        if not found:
            return
        push, scan = max(found, key=lambda each: each[0].surprise)
        if push.surprise < config.surprise:
            return
        push = scan.widened(push, rows)
        yield push
        rows = rows[~np.isin(rows, push.rows)]


@dataclass(frozen=True, slots=True, eq=False)
class _Activity:
    """Sorted times of the ratings that small young accounts give, by size, and of those of all others.

    `control_rows` are the positions of the others' ratings, sorted by film and time.
    """

    passing: dict[int, Ints]
    control: Ints
    control_rows: Ints
    control_bounds: Ints

    @classmethod
    def of(cls, population: Population, sizes: Sequence[int]) -> _Activity:
        size = population.counts[population.users]
        passing = {most: np.sort(population.times[population.passing & (size <= most)]) for most in sizes}
        rows = np.flatnonzero(population.suspect[population.users] & ~population.passing)
        by_film = rows[np.lexsort((population.times[rows], population.films[rows]))]
        bounds = np.searchsorted(population.films[by_film], np.arange(len(population.film_ids) + 1))
        return cls(passing, np.sort(population.times[rows]), by_film, bounds)

    def control_of(self, film: int) -> Ints:
        return self.control_rows[self.control_bounds[film] : self.control_bounds[film + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class _Scan:
    """One film and the `levels` of one side; `rows` are passing ratings of the film, sorted by time."""

    population: Population
    activity: _Activity
    film: int
    up: bool
    levels: slice
    config: BrigadeConfig

    def best(self, rows: Ints) -> Push | None:
        """The window and size of most surprise; None where no stars are surprising enough."""
        best: Push | None = None
        side = self._side(rows)
        size, times = self.population.counts[self.population.users[rows]], self.population.times[rows]
        for most in self.activity.passing:
            small = size <= most
            chosen = small & side
            if chosen.sum() < self.config.accounts:
                continue
            for hours in (*_HOURS, np.inf):
                starts, ends = _windows(times[chosen], hours)
                expected = self._expected(most, starts, ends)
                total = self._surprise(times[chosen], times[small], starts, ends, expected)
                at = int(np.argmax(total))
                if total[at] > (best.surprise if best else 0):
                    inside = chosen & (times >= starts[at]) & (times <= ends[at])
                    surprise, there = float(total[at]), float(expected[at])
                    best = Push(self.film, self.up, rows[inside], surprise, there, hours)
        return best

    def _surprise(
        self, of_side: Ints, of_all: Ints, starts: Doubles, ends: Doubles, expected: Doubles
    ) -> Doubles:
        """Nats of each window, by times of ratings; -inf where it is no push."""
        k, m = _within(of_side, starts, ends), _within(of_all, starts, ends)
        known = float(self.population.settled[self.film].sum())
        of_stars = _surprise_of_stars(k, m, self._usual(), known, self.config.drift)
        asked = self.population.asked[self.film]
        of_presence = np.zeros(len(k)) if asked else m * np.log1p(1 / expected)
        enough = (k >= self.config.accounts) & (of_stars >= self.config.stars_surprise)
        return np.where(enough, of_stars + of_presence, -np.inf)

    def widened(self, push: Push, rows: Ints) -> Push:
        """With the larger accounts of its window, then those of all times, where hardly any can be honest."""
        side = self._side(rows)
        times = self.population.times[rows]
        first, last = map(float, times[np.isin(rows, push.rows)][[0, -1]])
        against = ~side & (times >= first) & (times <= last)
        push = replace(push, honest=self._honest(push.expected, against))
        for start, end in ((first, last), (-np.inf, np.inf)):
            inside = (times >= start) & (times <= end)
            others = rows[inside & side & ~np.isin(rows, push.rows)]
            expected = float(
                self._expected(max(self.activity.passing), np.array([start]), np.array([end]))[0]
            )
            honest = self._honest(expected, inside & ~side)
            if honest <= _HONEST * len(others):
                everybody = np.sort(np.concatenate([push.rows, others]))
                push = replace(push, rows=everybody, honest=honest)
        return push

    def _honest(self, expected: float, against: Mask) -> float:
        """How many are on the side by chance, where `expected` rate the film and `against` are not on it."""
        p = self._usual()
        return float(p / (1 - p) * against.sum() if self.population.asked[self.film] else p * expected)

    def _usual(self) -> float:
        """Share of the film's stars that are on this side when nobody pushes it."""
        return float(self.population.chances(np.array([self.film]), settled=True)[0, self.levels].sum())

    def _side(self, rows: Ints) -> Mask:
        side: Mask = np.isin(self.population.levels[rows], np.arange(LEVELS)[self.levels])
        return side

    def _expected(self, most: int, starts: Doubles, ends: Doubles) -> Doubles:
        """Ratings of the film that the small accounts would give in each window."""
        share = self.population.share[self.film]
        control = self.population.times[self.activity.control_of(self.film)]
        of_film, of_all = _within(control, starts, ends), _within(self.activity.control, starts, ends)
        there = (of_film + _CONTROL * share) / (of_all + _CONTROL)
        expected: Doubles = _within(self.activity.passing[most], starts, ends) * np.maximum(share, there)
        return expected


def _windows(times: Ints, hours: float) -> tuple[Doubles, Doubles]:
    """Windows of this length that begin at each of `times`; infinite hours make one of all times."""
    if np.isinf(hours):
        return np.array([-np.inf]), np.array([np.inf])
    starts = np.unique(times).astype(np.float64)
    return starts, starts + 3600 * hours


def _within(times: Ints, starts: Doubles, ends: Doubles) -> Ints:
    """How many of sorted `times` lie in each window."""
    counts: Ints = np.searchsorted(times, ends, side="right") - np.searchsorted(times, starts)
    return counts


def _surprise_of_stars(k: Ints, m: Ints, p: float, known: float, drift: float) -> Doubles:
    """-log of the chance that k or more of m are on a side where a share p of `known` others is."""
    variance = drift**2 * p * (1 - p) + 1 / (known + PRIOR + 1)  # of that share, over p(1 - p)
    weight = 1 / variance - 1
    a, b = p * weight, max((1 - p) * weight, 1.0)  # below 1 the tail is no shorter than a geometric one
    n = int(m.max(initial=0)) + 1
    up_a, up_b, up_ab, factorial = (_log_rising(start, n) for start in (a, b, a + b, 1.0))
    log_chance = factorial[m] - factorial[k] - factorial[m - k] + up_a[k] + up_b[m - k] - up_ab[m]
    ratio = (m - k) / (k + 1) * (a + k) / np.maximum(b + m - k - 1, b)
    with np.errstate(divide="ignore"):
        tail = log_chance - np.log(np.maximum(1 - ratio, 0))
    surprise: Doubles = np.where((ratio < 1) & (k > p * m), np.maximum(-tail, 0), 0.0)
    return surprise


def _log_rising(start: float, n: int) -> Doubles:
    """log of start·(start + 1)·…·(start + i - 1) for i from 0 to n."""
    return np.concatenate([[0.0], np.cumsum(np.log(start + np.arange(n)))])
