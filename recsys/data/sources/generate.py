"""Ratings in MovieLens' shape, made up: for measurements at sizes that cannot be downloaded, or not shared.

What is as in the data: few people rate much and many little (20 at least), a few films have most ratings and
most films a handful, the histogram of stars, how far films and people differ in their means, and taste. Taste
is a vector for each person and film, partly that of its genres; it shifts stars, and which films a person
gets to see, so that stars, order and neighbours can be learned as from real ratings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Floats, Ints
from recsys.data.dataset import Dataset
from recsys.data.ratings import Ratings
from recsys.data.sources.generated_films import GENRES, generate_films
from recsys.errors import InvalidData

LEAST = 20  # ratings of a person, as in MovieLens
_MOST_OF_CATALOG = 0.4  # share of all films that one person rates at most
_ACTIVITY_SPREAD = 1.4  # standard deviation of the logarithm of ratings beyond the least
HISTOGRAM = (0.014, 0.028, 0.018, 0.075, 0.055, 0.199, 0.130, 0.266, 0.085, 0.130)  # of 0.5, 1, … 5 stars
_TASTES = 12  # length of taste vectors
_TASTE_DECAY = 0.8  # strength of each of their directions, as a share of the one before
_GENRE_SHARE = 0.5  # of the variance of a film's taste vector
# Standard deviations of what a rating is the sum of, before it is cut into stars.
_PERSON_SPREAD, _FILM_SPREAD, _TASTE_SPREAD, _NOISE_SPREAD = 0.43, 0.55, 0.42, 0.75
_POPULARITY_OF_QUALITY = 0.5  # correlation of how good a film is with how known
_CROWDS = 24  # groups of people who see the same films; a person belongs to each a little
_CROWD_TASTE = 2.0  # how much more likely a crowd sees what suits its taste: in logarithms, per deviation
_CROWD_LOYALTY = 3.0  # how much more likely people are in the crowd of their own taste, likewise
_BLOCK = 1_000_000  # ratings made at once: this bounds the memory beyond the ratings themselves
_ROUNDS = 6  # of draws from what a person's crowds see
_BASE_TIME, _TIME_SPAN = 852_076_800, 22 * 365 * 86_400  # Unix seconds: from 1997 to 2018


def generate(people: int, films: int, ratings: int, seed: int = 0) -> Dataset:
    """A data set of exactly these sizes; the same for the same arguments.

    Rows are sorted by person, then film, as in MovieLens. Raises InvalidData for sizes that cannot be: fewer
    than 20 ratings a person, or more than 40 % of all pairs.
    """
    if min(people, films) < 1 or not LEAST * people <= ratings <= int(_MOST_OF_CATALOG * films) * people:
        raise InvalidData(
            f"{ratings} ratings of {films} films by {people} people: each person rates {LEAST} films or "
            f"more, and {_MOST_OF_CATALOG:.0%} of them at most"
        )
    rng = np.random.default_rng(seed)
    catalog = generate_films(films, f"generated-{people}-{films}-{ratings}-{seed}", rng)
    world = _World.draw([film.genres for film in catalog], rng)
    counts = _activity(people, ratings, int(_MOST_OF_CATALOG * films), rng)
    rows = np.empty(ratings, np.int64)
    opinions = np.empty(ratings, np.float32)
    times = np.empty(ratings, np.int64)
    ends = np.cumsum(counts)
    first = at = 0
    while first < people:
        last = max(first + 1, int(np.searchsorted(ends, at + _BLOCK, side="right")))
        own = counts[first:last]
        block = slice(at, at + int(own.sum()))
        tastes = rng.standard_normal((len(own), _TASTES))
        users, rows[block] = _watch(own, world, tastes, rng)
        opinions[block] = world.opinions(users, rows[block], tastes, rng)
        joined = rng.integers(_BASE_TIME, _BASE_TIME + _TIME_SPAN, len(own))
        times[block] = joined[users] + rng.integers(0, 60 * own[users])  # a rating a minute, in one sitting
        first, at = last, block.stop
    user_ids = np.repeat(np.arange(1, people + 1), counts)
    made = Ratings.from_arrays(user_ids, catalog.movie_ids[rows], _stars(opinions), times)
    return Dataset(made, catalog, catalog.source)


@dataclass(frozen=True, slots=True)
class _World:
    """What is the same for everybody.

    `quality` (n_films,), `tastes` (n_films, TASTES), `crowds` (CROWDS, TASTES); `chances` is the cumulative
    distribution of the films that each crowd sees, one behind the other: crowd c's runs from c to c + 1.
    """

    quality: Doubles
    tastes: Doubles
    crowds: Doubles
    chances: Doubles

    @classmethod
    def draw(cls, genres: list[tuple[str, ...]], rng: np.random.Generator) -> _World:
        n_films = len(genres)
        strength = _TASTE_DECAY ** np.arange(_TASTES)
        strength /= np.sqrt(np.square(strength).sum())
        of_genre = rng.standard_normal((len(GENRES), _TASTES))
        column = {genre: at for at, genre in enumerate(GENRES)}
        kinds = np.stack(
            [of_genre[[column[each] for each in own]].sum(axis=0) / len(own) ** 0.5 for own in genres]
        )
        own = rng.standard_normal((n_films, _TASTES))
        tastes = (_GENRE_SHARE**0.5 * kinds + (1 - _GENRE_SHARE) ** 0.5 * own) * strength
        quality = rng.standard_normal(n_films)
        known = _POPULARITY_OF_QUALITY * quality + (
            1 - _POPULARITY_OF_QUALITY**2
        ) ** 0.5 * rng.standard_normal(n_films)
        crowds = rng.standard_normal((_CROWDS, _TASTES))
        seen = _log_popularity(known) + _CROWD_TASTE * crowds @ tastes.T
        chances = np.cumsum(np.exp(seen - seen.max(axis=1, keepdims=True)), axis=1)
        chances /= chances[:, -1:]
        chances += np.arange(_CROWDS)[:, None]
        return cls(quality, tastes, crowds * strength, chances.ravel())

    def opinions(self, users: Ints, rows: Ints, tastes: Doubles, rng: np.random.Generator) -> Doubles:
        """What people think of films, on no scale yet; `users` are rows of `tastes`. Shape (n,)."""
        generosity = _PERSON_SPREAD * rng.standard_normal(len(tastes))
        fit = np.einsum("nk,nk->n", tastes[users], self.tastes[rows])
        noise = _NOISE_SPREAD * rng.standard_normal(len(rows))
        opinions: Doubles = (
            generosity[users] + _FILM_SPREAD * self.quality[rows] + _TASTE_SPREAD * fit + noise
        )
        return opinions


def _log_popularity(known: Doubles) -> Doubles:
    """Log popularity in the order of `known`: Weibull, with the longer a tail the bigger the catalog.

    The exponents give ml-100k (1,682 films), ml-1m (3,706) and ml-latest-small (9,724) about their Gini.
    """
    exponent = 1.6 * (max(len(known), 1_000) / 1_682) ** 0.22
    ranks = np.empty(len(known))
    ranks[np.argsort(known)] = np.arange(1, len(known) + 1)
    log_popularity: Doubles = exponent * np.log(-np.log1p(-ranks / (len(known) + 1)))
    return log_popularity


def _activity(people: int, ratings: int, most: int, rng: np.random.Generator) -> Ints:
    """Ratings of each person: LEAST and a log-normal number, `most` at most; they sum to `ratings`."""
    weights = np.exp(_ACTIVITY_SPREAD * rng.standard_normal(people))
    extra = np.zeros(people)
    free = np.ones(people, np.bool_)
    while True:
        rest = ratings - LEAST * people - (most - LEAST) * np.count_nonzero(~free)
        extra[free] = weights[free] * (rest / weights[free].sum())
        over = free & (extra > most - LEAST)
        if not over.any():
            break
        extra[over] = most - LEAST
        free &= ~over
    ends: Ints = np.concatenate([[0], np.cumsum(extra)]).round().astype(np.int64)
    return LEAST + (ends[1:] - ends[:-1])


def _watch(counts: Ints, world: _World, tastes: Doubles, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Rows of people and of the films that they see, sorted; `counts` different films for each."""
    n_people, n_films = len(counts), len(world.quality)
    pull = _CROWD_LOYALTY * tastes @ world.crowds.T
    loyalty = np.cumsum(np.exp(pull - pull.max(axis=1, keepdims=True)), axis=1)
    crowds = (loyalty / loyalty[:, -1:] + np.arange(n_people)[:, None]).ravel()
    done: list[Ints] = []
    seen = np.empty(0, np.int64)  # person * n_films + film, of those who have not seen enough
    missing, attempt = counts, 0
    while missing.any():
        draws = (missing * (1.3 + 2 * attempt)).astype(np.int64) + 3 * (missing > 0)
        users = np.repeat(np.arange(n_people), draws)
        if attempt < _ROUNDS:
            films = _draw(world.chances, _draw(crowds, users, _CROWDS, rng), n_films, rng)
        else:  # somebody who has seen all that their crowds see goes on with anything
            films = rng.integers(0, n_films, len(users))
        seen = np.sort(np.concatenate([seen, users * n_films + films]))
        seen = seen[np.diff(seen, prepend=-1) > 0]
        found = np.bincount(seen // n_films, minlength=n_people)
        enough = found >= counts
        of_enough = enough[seen // n_films]
        done.append(_thin(seen[of_enough], found[enough], counts[enough], rng))
        seen = seen[~of_enough]
        missing = np.where(enough, 0, np.where(missing > 0, counts - found, 0))
        attempt += 1
    keys = np.sort(np.concatenate(done))
    return keys // n_films, keys % n_films


def _draw(cumulative: Doubles, groups: Ints, size: int, rng: np.random.Generator) -> Ints:
    """For each of `groups` one of `size` members; the distribution of group g runs from g to g + 1."""
    at = np.searchsorted(cumulative, groups + rng.random(len(groups)), side="right")
    within: Ints = np.clip(at - groups * size, 0, size - 1)
    return within


def _thin(keys: Ints, found: Ints, wanted: Ints, rng: np.random.Generator) -> Ints:
    """Of each person's `found` keys, one person's behind the other's, `wanted` ones, evenly spaced."""
    person = np.repeat(np.arange(len(found)), wanted)
    within = np.arange(len(person)) - (np.cumsum(wanted) - wanted)[person]
    offsets = rng.random(len(found))
    steps = (within + offsets[person]) * found[person] / wanted[person]
    kept: Ints = (np.cumsum(found) - found)[person] + np.minimum(steps.astype(np.int64), found[person] - 1)
    return keys[kept]


def _stars(opinions: Floats) -> Floats:
    """Half stars in the order of opinions, in the shares of HISTOGRAM."""
    sample = opinions[:: max(1, len(opinions) // _BLOCK)]
    cuts = np.quantile(sample, np.cumsum(HISTOGRAM)[:-1]).astype(np.float32)
    return (0.5 + 0.5 * np.searchsorted(cuts, opinions)).astype(np.float32)
