"""What an account is measured against: who rates which film, and with which stars, when nobody pushes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Ints, Mask
from recsys.brigades.config import BrigadeConfig
from recsys.data.ratings import Ratings
from recsys.serving.seen import CANDIDATES

LEVELS = 10  # half stars from 0.5 to 5
_KNOWN = 20  # ratings of the data set's people that show how a film is liked, without the bot's
PRIOR = 5.0  # ratings as in all films, added to a film's
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The ratings by row numbers; arrays of shape (n,), but for those said otherwise.

    `users` index `user_ids`, `films` index `film_ids`, `levels` are half stars from 0. `suspect` is a person
    (n_users,) who may be flagged. `passing` is a rating that a suspect may have come for: a young or tiny
    account's. All others make `settled` (n_films, LEVELS), how each film is liked now; the data set's people
    `histograms` (n_films, LEVELS), with the suspects' other ratings only of films that they hardly know: what
    old near-copies cannot bend; and `usual` (LEVELS,), that of all films.
    `share` (n_films,) is a film's share of the ratings of the data set's people. `asked` (n_films,): so well
    known that the bot asks newcomers about it, who then rate it because they were asked.
    """

    user_ids: Ints
    film_ids: Ints
    users: Ints
    films: Ints
    levels: Ints
    times: Ints
    counts: Ints
    suspect: Mask
    passing: Mask
    settled: Doubles
    histograms: Doubles
    usual: Doubles
    share: Doubles
    asked: Mask

    @classmethod
    def of(cls, ratings: Ratings, suspects: Ints, config: BrigadeConfig) -> Population:
        """Everybody's ratings, `suspects` (user ids) set apart from the others."""
        user_ids, users = np.unique(ratings.user_ids, return_inverse=True)
        film_ids, films = np.unique(ratings.movie_ids, return_inverse=True)
        levels = np.clip(np.rint(2 * ratings.values) - 1, 0, LEVELS - 1).astype(np.int64)
        times = ratings.timestamps
        counts = np.bincount(users)
        suspect = np.isin(user_ids, suspects)
        first = np.full(len(user_ids), np.iinfo(np.int64).max)
        np.minimum.at(first, users, times)
        young = times - first[users] <= config.young_days * _DAY
        passing = (
            suspect[users] & (counts[users] <= config.small) & (young | (counts[users] <= config.single))
        )
        base = ~suspect[users] if not suspect.all() else np.ones(len(users), np.bool_)
        known = np.bincount(films[base], minlength=len(film_ids))
        steady = base | (~passing & (known < _KNOWN)[films])
        histograms = _histograms(films[steady], levels[steady], len(film_ids))
        usual = histograms.sum(axis=0) + 1
        asked = np.zeros(len(film_ids), np.bool_)
        asked[np.argsort(-known, kind="stable")[:CANDIDATES]] = True
        share = (known + 1) / (known.sum() + len(film_ids))
        return cls(
            user_ids,
            film_ids,
            users,
            films,
            levels,
            times,
            counts,
            suspect,
            passing,
            _histograms(films[~passing], levels[~passing], len(film_ids)),
            histograms,
            usual / usual.sum(),
            share,
            asked & (known > 0),
        )

    def chances(self, films: Ints, *, settled: bool = False) -> Doubles:
        """How often each number of stars is given to these films, by `histograms` or by `settled`; shape
        (n, LEVELS), rows sum to 1."""
        own = (self.settled if settled else self.histograms)[films] + PRIOR * self.usual
        chances: Doubles = own / own.sum(axis=1, keepdims=True)
        return chances

    def stars(self, rows: Ints) -> Doubles:
        """Of ratings, by their position."""
        stars: Doubles = (self.levels[rows] + 1) / 2
        return stars


def _histograms(films: Ints, levels: Ints, n_films: int) -> Doubles:
    """How often each film got each number of stars; shape (n_films, LEVELS)."""
    counts = np.bincount(films * LEVELS + levels, minlength=n_films * LEVELS)
    histograms: Doubles = counts.reshape(-1, LEVELS).astype(np.float64)
    return histograms
