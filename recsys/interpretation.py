"""What a model of stars has learned, to be looked at: biases, a map of films, nearest films by raw factors.

After the fastai book's chapter 8, "Interpreting Embeddings and Biases". These are for the curious; what
people are shown as alike comes from `Recommender.similar`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Floats, Ints
from recsys.data.content import unit_rows
from recsys.errors import InvalidData, MissingPart
from recsys.recommender import Recommender
from recsys.serving.replies import Similar
from recsys.serving.stars import NetworkStars


@dataclass(frozen=True, slots=True)
class Bias:
    """How much more, or less, a film is loved than its place among tastes explains.

    In logits, or in stars where the model is linear in them.
    """

    movie_id: int
    bias: float


@dataclass(frozen=True, slots=True, eq=False)
class FactorMap:
    """Films in the plane in which their factors differ most; the most rated come first.

    `points` has shape (n, 2); `shares` says how much of the variance of the factors each axis holds.
    """

    movie_ids: Ints
    points: Doubles
    shares: tuple[float, float]


def extreme_biases(recommender: Recommender, n: int = 5) -> tuple[list[Bias], list[Bias]]:
    """The `n` films with the lowest and those with the highest bias, the most extreme first.

    Low means: people like it less than others, even those whose kind of film it is. Films without ratings
    have no say. Raises MissingPart without stars, InvalidData for a model without biases.
    """
    biases = recommender.stars.film_biases()
    if biases is None:
        raise InvalidData(f"the model {recommender.config.model!r} has no biases")
    rated = np.flatnonzero(recommender.popularity)
    order = rated[np.argsort(biases[rated], kind="stable")]
    ids = recommender.catalog.movie_ids
    found = [Bias(int(ids[row]), float(biases[row])) for row in order]
    return found[:n], found[::-1][:n]


def factor_map(recommender: Recommender, n: int = 1000) -> FactorMap:
    """Principal components of the factors of the `n` most rated films.

    Signs are such that the film furthest out on an axis is on its positive side. Raises MissingPart for a
    model without factors, InvalidData with fewer than three rated films or factors.
    """
    factors = _factors_of(recommender).astype(np.float64)
    best_known = np.argsort(-recommender.popularity, kind="stable")[
        : min(n, np.count_nonzero(recommender.popularity))
    ]
    if len(best_known) < 3 or factors.shape[1] < 2:
        raise InvalidData("a map needs three films with ratings and two factors")
    centred = factors[best_known] - factors[best_known].mean(axis=0)
    left, strength, _ = np.linalg.svd(centred, full_matrices=False)
    points = left[:, :2] * strength[:2]
    points *= np.sign(points[np.abs(points).argmax(axis=0), [0, 1]])
    first, second = strength[:2] ** 2 / max(float(np.square(strength).sum()), 1e-12)
    return FactorMap(recommender.catalog.movie_ids[best_known], points, (float(first), float(second)))


def nearest_by_factors(recommender: Recommender, movie_id: int, n: int = 5) -> list[Similar]:
    """The `n` films nearest by the raw cosine of rating factors, as the chapter does it.

    They are bad neighbours: with squared error and decay, the factors of rare films are noise whose
    direction counts as much as that of a well-known one. Raises MissingPart for a model without factors.
    """
    factors = unit_rows(_factors_of(recommender))
    row = recommender.catalog.row(movie_id)
    cosines = factors @ factors[row]
    others = np.flatnonzero(recommender.popularity)
    others = others[others != row]
    best = others[np.argsort(-cosines[others], kind="stable")[:n]]
    return [Similar(int(recommender.catalog.movie_ids[each]), float(cosines[each])) for each in best]


def _factors_of(recommender: Recommender) -> Floats:
    if isinstance(recommender.stars, NetworkStars):
        raise MissingPart("a network has no factors of films to look at: take another model")
    return recommender.stars.film_vectors()
