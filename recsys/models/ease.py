"""Fits EASE on graded targets, with content as further evidence of which films go together.

Steck, *Embarrassingly Shallow Autoencoders for Sparse Data*, 2019. With X the targets of people (rows) for
the head of the catalog (columns), the weights are B = I - P·diag(P)⁻¹, P = (XᵀX + Λ)⁻¹. Beyond the paper:

- a person's row is weighted (ratings / their geometric mean)^-damping, so that the busiest do not decide all,
  and by their influence (recsys.data.rows);
- content F stands below X as further rows √β·Fᵀ: films of one kind go together before anybody rated them;
- Λ = λ + dropout · diag(XᵀX + β·FFᵀ), the ridge that dropout amounts to (Steck, *Autoencoders that don't
  overfit towards the identity*, 2020);
- λ grows with the ratings per film: what is good for small and for large data lies on one power of it.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Doubles, Floats, Ints
from recsys.config import RankerConfig, TrainingConfig
from recsys.data.rows import Rows
from recsys.errors import Diverged
from recsys.models.backend import Array, Backend, backend_of
from recsys.serving.ease import Ease
from recsys.serving.ranker import graded

BLOCK = 16_000_000  # numbers of one dense block of people × head: 64 MB


def fit_ease(rows: Rows, features: Floats, config: TrainingConfig) -> Ease:
    """EASE over the best known films; `features` (n_films, n_features) is the content of all films.

    The ratings come sorted by person. Memory: three head × head matrices, and one block. Single precision
    will do: the ridge keeps the condition low, and weights are stored in 16 bits.
    Raises Diverged when a weight is not finite.
    """
    settings, xp = config.ranker, backend_of(config.device)
    counts = np.bincount(rows.movies, minlength=rows.n_movies)
    movie_rows = head(counts, settings)
    with xp.alone():
        gram, at = _gram(rows, movie_rows, settings, xp), xp.arange(len(movie_rows))
        F = xp.array(features[movie_rows])
        gram += settings.ease_content * (F @ F.T)
        gram[at, at] += _ridge(counts, settings) + settings.ease_dropout * gram[at, at]
        P = xp.inverse_positive(gram)
        B = -P / P[at, at]
        B[at, at] = 0
    if not xp.is_finite(B):
        raise Diverged("the weights of EASE are not finite")
    return Ease.from_weights(movie_rows, xp.numpy(B), counts)


def head(counts: Ints, settings: RankerConfig) -> Ints:
    """Rows of the films that EASE knows, ascending: the most rated, ties in catalog order."""
    most = np.argsort(-counts, kind="stable")[: settings.ease_films]
    return np.sort(most[counts[most] >= settings.ease_ratings])


def _ridge(counts: Ints, settings: RankerConfig) -> float:
    per_film = counts.sum() / np.count_nonzero(counts)
    return float(settings.ease_ridge * per_film**settings.ease_ridge_growth)


def _gram(rows: Rows, movie_rows: Ints, settings: RankerConfig, xp: Backend) -> Array:
    """XᵀX of the weighted targets, summed over dense blocks of people; shape (n_head, n_head)."""
    places = np.full(rows.n_movies, -1)
    places[movie_rows] = np.arange(len(movie_rows))
    weights = _weights(rows, settings.ease_damping) * rows.influence()
    targets = graded(rows.values, settings.slope) * np.sqrt(weights)[rows.users]
    gram = xp.zeros(len(movie_rows), len(movie_rows))
    people = max(1, BLOCK // max(1, len(movie_rows)))
    for first in range(0, rows.n_users, people):
        begin, end = np.searchsorted(rows.users, (first, first + people))
        at = begin + np.flatnonzero(places[rows.movies[begin:end]] >= 0)
        X = np.zeros((min(people, rows.n_users - first), len(movie_rows)), np.float32)
        X[rows.users[at] - first, places[rows.movies[at]]] = targets[at]
        gram += xp.gram(X)
    return gram


def _weights(rows: Rows, damping: float) -> Doubles:
    """(n / geometric mean of n)^-damping for a person with n ratings; shape (n_users,)."""
    logs = np.log(np.maximum(np.bincount(rows.users, minlength=rows.n_users), 1))
    weights: Doubles = np.exp(-damping * (logs - logs.mean()))
    return weights
