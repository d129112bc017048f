"""Who and what is held out of training in an evaluation, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.catalog import Catalog
from recsys.content import genre_matrix
from recsys.errors import InvalidData
from recsys.prior import Profiles, genre_profiles, genre_taste, simulate_answers
from recsys.ratings import Ratings

__all__ = ["RELEVANT", "Person", "held_out_people", "random_fifth"]

RELEVANT = 4.0  # stars from which a held-out film was worth recommending
ENOUGH = 20  # ratings that a held-out person needs


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was not in training: what they show, and which other films they liked.

    `history` maps movie ids to stars; `answers` are simulated from it, three genres liked, two disliked.
    """

    history: dict[int, float]
    answers: dict[str, int]
    relevant: frozenset[int]


def random_fifth(ratings: Ratings, seed: int) -> tuple[Ratings, Ratings]:
    """Training and test part of the protocol for stars: a random fifth is the test."""
    order = np.random.default_rng(seed).permutation(len(ratings))
    fifth = len(ratings) // 5
    return ratings.take(order[fifth:]), ratings.take(order[:fifth])


def held_out_people(ratings: Ratings, catalog: Catalog, seed: int) -> tuple[Ratings, list[Person]]:
    """The ratings of nine people in ten, and the tenth with 80 % of their ratings as history.

    Only people with 20 ratings or more are held out; those who liked nothing of the rest are skipped.
    Raises InvalidData when that leaves nobody.
    """
    ratings = ratings.take(np.lexsort((catalog.rows(ratings.movie_ids), ratings.user_ids)))
    user_ids, rows = np.unique(ratings.user_ids, return_inverse=True)
    starts = np.searchsorted(rows, np.arange(len(user_ids) + 1))
    able = np.flatnonzero(np.diff(starts) >= ENOUGH)
    held = np.sort(np.random.default_rng(seed).permutation(able)[: round(0.1 * len(user_ids))])
    train = ratings.take(~np.isin(rows, held))
    among = _profiles(train, catalog)
    people = []
    for row in held.tolist():
        own = ratings.take(np.arange(starts[row], starts[row + 1]))
        order = np.random.default_rng([seed, row]).permutation(len(own))
        shown = round(0.8 * len(own))
        history, rest = own.take(order[:shown]), own.take(order[shown:])
        relevant = frozenset(rest.movie_ids[rest.values >= RELEVANT].tolist())
        if relevant:
            answers = _answers(history, catalog, among, np.random.default_rng([seed, row, 1]))
            shows = dict(zip(history.movie_ids.tolist(), history.values.tolist(), strict=True))
            people.append(Person(shows, answers, relevant))
    if not people:
        raise InvalidData(f"nobody to hold out: too few people with {ENOUGH} ratings")
    return train, people


def _answers(history: Ratings, catalog: Catalog, among: Profiles, rng: np.random.Generator) -> dict[str, int]:
    taste = genre_taste(_profiles(history, catalog), among=among)
    answers: npt.NDArray[np.int64] = simulate_answers(taste, rng)[0].astype(np.int64)
    return {genre: answer for genre, answer in zip(catalog.genres, answers.tolist(), strict=True) if answer}


def _profiles(ratings: Ratings, catalog: Catalog) -> Profiles:
    user_ids, users = np.unique(ratings.user_ids, return_inverse=True)
    movies = catalog.rows(ratings.movie_ids)
    return genre_profiles(users, movies, ratings.values, genre_matrix(catalog), len(user_ids))
