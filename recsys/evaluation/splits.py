"""Who and what is held out of training in an evaluation, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Floats, Ints, Mask
from recsys.data.catalog import Catalog
from recsys.data.content import genre_matrix
from recsys.data.ratings import Ratings
from recsys.errors import InvalidData
from recsys.serving.answers import genre_profiles, genre_taste, simulate_answers

RELEVANT = 4.0  # stars from which a held-out film was worth recommending
_ENOUGH = 20  # ratings that a held-out person needs


@dataclass(frozen=True, slots=True)
class HeldOutPerson:
    """Somebody who was not in training: what they show, and what else they rated.

    `history` and `withheld` map movie ids to stars; `answers` are simulated from the history, three genres
    liked, two disliked.
    """

    history: dict[int, float]
    answers: dict[str, int]
    withheld: dict[int, float]

    @property
    def relevant(self) -> frozenset[int]:
        """What they liked of the withheld films."""
        return frozenset(movie_id for movie_id, stars in self.withheld.items() if stars >= RELEVANT)


def random_fifth(ratings: Ratings, seed: int) -> tuple[Ratings, Ratings]:
    """Training and test part of the protocol for stars: a random fifth is the test."""
    order = np.random.default_rng(seed).permutation(len(ratings))
    fifth = len(ratings) // 5
    return ratings.take(order[fifth:]), ratings.take(order[:fifth])


def held_out_people(ratings: Ratings, catalog: Catalog, seed: int) -> tuple[Ratings, list[HeldOutPerson]]:
    """The ratings of nine people in ten, and the tenth with 80 % of their ratings as history.

    Only people with 20 ratings or more are held out; those who liked nothing of the rest are left out.
    Raises InvalidData when that leaves nobody.
    """
    ratings = ratings.take(np.lexsort((catalog.rows(ratings.movie_ids), ratings.user_ids)))
    user_ids, rows = np.unique(ratings.user_ids, return_inverse=True)
    starts = np.searchsorted(rows, np.arange(len(user_ids) + 1))
    able = np.flatnonzero(np.diff(starts) >= _ENOUGH)
    held = np.sort(np.random.default_rng(seed).permutation(able)[: round(0.1 * len(user_ids))])
    train = ratings.take(~np.isin(rows, held))
    histories, withheld = [], []
    for row in held.tolist():
        order = starts[row] + np.random.default_rng([seed, row]).permutation(starts[row + 1] - starts[row])
        shown = round(0.8 * len(order))
        histories.append(order[:shown])
        withheld.append(order[shown:])
    taste = _taste(ratings, histories, train, catalog)
    people = []
    for at, row in enumerate(held.tolist()):
        answers = _answers(taste[at : at + 1], catalog, np.random.default_rng([seed, row, 1]))
        history, rest = ratings.take(histories[at]), ratings.take(withheld[at])
        person = HeldOutPerson(by_movie(history), answers, by_movie(rest))
        if person.relevant:
            people.append(person)
    if not people:
        raise InvalidData("nobody to hold out: they like nothing of what is withheld")
    return train, people


def by_movie(own: Ratings) -> dict[int, float]:
    """One person's ratings: movie id to stars."""
    return dict(zip(own.movie_ids.tolist(), own.values.tolist(), strict=True))


def _taste(ratings: Ratings, histories: list[Ints], train: Ratings, catalog: Catalog) -> Floats:
    """How much the people of `histories` (rows of `ratings`, each of one person) like each genre."""
    if not histories:
        raise InvalidData(f"nobody to hold out: too few people with {_ENOUGH} ratings")
    genres = genre_matrix(catalog)
    shown = ratings.take(np.concatenate(histories))
    return genre_taste(_profiles(shown, catalog, genres), among=_profiles(train, catalog, genres))


def _answers(taste: Floats, catalog: Catalog, rng: np.random.Generator) -> dict[str, int]:
    answers: Ints = simulate_answers(taste, rng)[0].astype(np.int64)
    return {genre: answer for genre, answer in zip(catalog.genres, answers.tolist(), strict=True) if answer}


def _profiles(ratings: Ratings, catalog: Catalog, genres: Mask) -> Doubles:
    """Of everybody in `ratings`, by ascending id."""
    user_ids, users = np.unique(ratings.user_ids, return_inverse=True)
    return genre_profiles(users, catalog.rows(ratings.movie_ids), ratings.values, genres, len(user_ids))
