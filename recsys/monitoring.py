"""Where the loop drifts: what was recommended, against what people rate and love.

A recommender learns from ratings of what it has shown itself. Left alone it narrows: towards what is popular,
towards a few genres, towards the few people who rate most (Mansoury et al., CIKM 2020). These figures say by
how much; each says how many cases it stands on, and is None where there is nothing to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recsys.arrays import Doubles, Ints, Reals
from recsys.data.catalog import Catalog
from recsys.data.content import genre_matrix
from recsys.data.ratings import Ratings
from recsys.errors import InvalidData

RECOMMENDED = ("recommend", "similar")  # lists whose films we chose; a search shows what was typed
LIKED = 4.0  # stars
RIPE = 14 * 86_400  # seconds that people get to act on what was recommended
_MOST_ACTIVE = 100  # one person in so many
_SMOOTHING = 0.01  # Steck's alpha: keeps KL finite where a genre was never shown


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Who met which film when: parallel arrays of shape (n,), times in Unix seconds, pairs may repeat."""

    user_ids: Ints
    movie_ids: Ints
    timestamps: Ints

    def __post_init__(self) -> None:
        """Raises InvalidData unless the arrays are equally long."""
        shapes = {self.user_ids.shape, self.movie_ids.shape, self.timestamps.shape}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise InvalidData("people, films and times must be arrays of one length")

    def __len__(self) -> int:
        return int(self.user_ids.size)

    def between(self, start: int, end: int) -> Events:
        """Those from `start` on and before `end`."""
        at = (self.timestamps >= start) & (self.timestamps < end)
        return Events(self.user_ids[at], self.movie_ids[at], self.timestamps[at])


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the number of cases it stands on. None: there is nothing to say."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is watched, over one span of time; see `watch`."""

    gini: Figure
    coverage: Figure
    popularity_shown: Figure
    popularity_rated: Figure
    popularity_lift: Figure
    miscalibration: Figure
    most_active_share: Figure
    hit_rate: Figure


def watch(
    shown: Events,
    ratings: Ratings,
    wishes: Events,
    catalog: Catalog,
    popularity: Reals,
    start: int,
    end: int,
) -> Figures:
    """The figures of what was recommended from `start` until before `end` (Unix seconds).

    `shown`: exposures in lists of the kinds RECOMMENDED, from `start - RIPE` on, repeats included. `ratings`:
    all that the bot's people gave before `end`. `wishes`: films put on a watchlist. `popularity`: how many
    ratings each film of the catalog has in training, shape (n_films,). Raises UnknownMovie.

    - gini: of the exposures per film, over the whole catalog: 0 if every film is shown equally often, near 1
      if one gets all (as in Fleder & Hosanagar, Management Science 2009). n exposures of N films cannot
      spread over more than n of them, so it is never below 1 - n/N. n: exposures.
    - coverage: films shown to somebody, as a share of the catalog. n: films of the catalog.
    - popularity_shown, _rated, _lift: see `popularity_lift`. n: people.
    - miscalibration: see there. n: people.
    - most_active_share: see there. n: people who rated.
    - hit_rate: see there, of exposures from `start - RIPE` until before `end - RIPE`, so that each has had
      its time and one week compares with another. n: exposures.
    """
    now, ripe = shown.between(start, end), shown.between(start - RIPE, end - RIPE)
    counts = np.bincount(catalog.rows(now.movie_ids), minlength=len(catalog))
    coverage = Figure(float((counts > 0).mean()) if len(now) else None, len(catalog))
    return Figures(
        gini(counts),
        coverage,
        *popularity_lift(now, ratings, catalog, popularity),
        miscalibration(now, ratings, catalog),
        most_active_share(ratings.user_ids),
        hit_rate(ripe, ratings, wishes),
    )


def gini(counts: npt.NDArray[np.integer[Any]]) -> Figure:
    """The Gini coefficient of `counts` (n,), zeros included: the mean difference of two of them over twice
    their mean."""
    total = int(counts.sum())
    if not total:
        return Figure(None, 0)
    ranks = 2 * np.arange(1, len(counts) + 1) - len(counts) - 1
    return Figure(float(ranks @ np.sort(counts) / (len(counts) * total)), total)


def popularity_lift(
    shown: Events, ratings: Ratings, catalog: Catalog, popularity: Reals
) -> tuple[Figure, Figure, Figure]:
    """Group average popularity of what people were shown and of what they rated, and the lift between.

    The average over a person's films, then over the people who were shown something and rated something; lift
    is shown / rated - 1, so 0.5 means: half as popular again as what they choose themselves. After
    Abdollahpouri et al., "The Connection Between Popularity Bias, Calibration, and Fairness in
    Recommendation", RecSys 2020.
    """
    people = np.intersect1d(shown.user_ids, ratings.user_ids)
    if not people.size:
        return Figure(None, 0), Figure(None, 0), Figure(None, 0)
    known = np.asarray(popularity, np.float64)[:, None]
    n = len(people)
    mean_shown = float(_means(people, shown.user_ids, known[catalog.rows(shown.movie_ids)]).mean())
    mean_rated = float(_means(people, ratings.user_ids, known[catalog.rows(ratings.movie_ids)]).mean())
    lift = mean_shown / mean_rated - 1 if mean_rated else None
    return Figure(mean_shown, n), Figure(mean_rated, n), Figure(lift, n)


def miscalibration(shown: Events, ratings: Ratings, catalog: Catalog) -> Figure:
    """How far the genres shown are from the genres loved, in nats: 0 is perfectly calibrated.

    Steck, "Calibrated Recommendations", RecSys 2018: for each person p(g) is the share of genre g in films
    they gave LIKED stars or more, q(g) that in the films they were shown, a film's one vote split evenly over
    its genres; KL(p || 0.99 q + 0.01 p), which is at most ln 100 = 4.6; the mean over people who have both.
    Films without genres have no vote.
    """
    votes = genre_matrix(catalog).astype(np.float64)
    votes /= np.maximum(votes.sum(axis=1, keepdims=True), 1)
    has_genres = votes.sum(axis=1) > 0
    liked = ratings.take(ratings.values >= LIKED)
    loved_rows, shown_rows = catalog.rows(liked.movie_ids), catalog.rows(shown.movie_ids)
    loved_by, shown_to = liked.user_ids[has_genres[loved_rows]], shown.user_ids[has_genres[shown_rows]]
    people = np.intersect1d(loved_by, shown_to)
    if not people.size:
        return Figure(None, 0)
    p = _means(people, loved_by, votes[loved_rows[has_genres[loved_rows]]])
    q = _means(people, shown_to, votes[shown_rows[has_genres[shown_rows]]])
    q = (1 - _SMOOTHING) * q + _SMOOTHING * p
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)  # 0 log 0 is 0
    return Figure(float((p * np.log(ratio)).sum(axis=1).mean()), len(people))


def most_active_share(user_ids: Ints) -> Figure:
    """The share of ratings that come from the most active hundredth of those who rated, one at least."""
    _, counts = np.unique(user_ids, return_counts=True)
    if not counts.size:
        return Figure(None, 0)
    most = max(1, len(counts) // _MOST_ACTIVE)
    return Figure(float(np.sort(counts)[-most:].sum() / counts.sum()), len(counts))


def hit_rate(shown: Events, ratings: Ratings, wishes: Events) -> Figure:
    """The share of `shown` whose film the same person took to within RIPE seconds.

    To take to a film is to give it LIKED stars or more, or to put it on the watchlist. "Seen it" without
    stars is no hit: it says that the film was known already, and not whether it was liked. A film shown
    twice may be hit twice: each time it took a place.
    """
    if not len(shown):
        return Figure(None, 0)
    liked = ratings.take(ratings.values >= LIKED)
    people = np.concatenate([shown.user_ids, liked.user_ids, wishes.user_ids])
    films = np.concatenate([shown.movie_ids, liked.movie_ids, wishes.movie_ids])
    times = np.concatenate([shown.timestamps, liked.timestamps, wishes.timestamps])
    # One number for each event, in order of pair and then of time; pairs lie further apart than RIPE.
    moments = _pairs(people, films) * (np.ptp(times) + RIPE + 1) + times - times.min()
    asked, taken = moments[: len(shown)], np.sort(moments[len(shown) :])
    first = np.searchsorted(taken, asked)  # the first take, of any pair, that is not before
    there = first < len(taken)
    hits = taken[first[there]] - asked[there] <= RIPE
    return Figure(float(hits.sum() / len(shown)), len(shown))


def _pairs(people: Ints, films: Ints) -> Ints:
    """A small number for each event, the same for the same person and film."""
    _, person = np.unique(people, return_inverse=True)
    unique_films, film = np.unique(films, return_inverse=True)
    _, pair = np.unique(person * len(unique_films) + film, return_inverse=True)
    return np.asarray(pair, np.int64)


def _means(people: Ints, of: Ints, values: Doubles) -> Doubles:
    """Means of the rows of `values` (n, width) by whose they are; shape (n_people, width).

    `people` ascends; rows of others are left out, and each of them has a row.
    """
    at = np.searchsorted(people, of).clip(max=len(people) - 1)
    mine = people[at] == of
    whose, n = at[mine], len(people)
    # Column by column: one np.add.at over all of them keeps other threads waiting for long.
    sums = np.stack([np.bincount(whose, column, n) for column in values[mine].T], axis=1)
    means: Doubles = sums / np.bincount(whose, minlength=n)[:, None]
    return means
