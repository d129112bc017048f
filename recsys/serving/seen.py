"""Who has seen what: the chance that a person knows a film, from what they say of other films.

Seen or not, of the best-known films, is a Gaussian factor model (probabilistic principal components; Tipping
and Bishop, 1999): y = share + deviation × (loadings·z + noise), with z ~ N(0, I) for a person. The posterior
of z is exact and costs one small system, so that somebody who says "haven't seen" to old films is soon asked
about others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.arrays import AnyArray, Floats, Ints, Mask, Reals

CANDIDATES = 400  # best-known films that may be asked about; others are hardly ever known
_FACTORS = 10  # kinds of film lovers
_PEOPLE = 20_000  # people enough to learn who knows what
SURE = 0.02  # nobody is surer than this, or the complement, that a film is known
_LEAST_NOISE = 0.2  # of a film's unit variance, however well the others predict it


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """`films` (n,) are rows of the catalog, best known first; `share` (n,) is how many people know each.

    `loadings` (n, n_factors) are in units of a film's deviation, √(share·(1 − share)).
    """

    films: Ints
    share: Floats
    loadings: Floats

    @classmethod
    def build(cls, user_rows: Ints, movie_rows: Ints, n_users: int, n_films: int) -> Seen:
        """From who rated what in training; no pair twice."""
        counts = np.bincount(movie_rows, minlength=n_films)
        films = np.argsort(-counts, kind="stable")[:CANDIDATES]
        films = films[counts[films] > 0]
        column = np.full(n_films, -1)
        column[films] = np.arange(len(films))
        step = -(-n_users // _PEOPLE)  # every step-th person
        known = (column[movie_rows] >= 0) & (user_rows % step == 0)
        seen = np.zeros((-(-n_users // step), len(films)), np.float32)
        seen[user_rows[known] // step, column[movie_rows[known]]] = 1
        share = _share(counts[films], n_users)
        deviations = np.sqrt(share * (1 - share))
        standard = ((seen - seen.mean(axis=0)) / deviations).astype(np.float32)
        loadings = _principal(standard.T @ standard / len(standard))
        return cls(films, share, loadings.astype(np.float32))

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores."""
        return {"films": self.films, "share": self.share, "loadings": self.loadings}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Seen:
        """The inverse of `arrays`."""
        share, loadings = (np.asarray(arrays[name], np.float32) for name in ("share", "loadings"))
        return cls(np.asarray(arrays["films"], np.int64), share, loadings)

    def renumbered(self, places: Ints, counts: Ints, n_users: int) -> Seen:
        """The same films at the rows `places` (old n_films,), known as `counts` (n_films,) says now. Which
        films the same people know stays as it was learned.
        """
        films = places[self.films]
        order = np.argsort(-counts[films], kind="stable")
        films = films[order]
        return Seen(films, _share(counts[films], n_users), self.loadings[order])

    def among(self, movie_rows: Ints) -> Mask:
        """Which of `films` are among these rows of the catalog; shape (n,)."""
        if not self.films.size or not movie_rows.size:
            return np.zeros(len(self.films), np.bool_)
        named = np.zeros(max(self.films.max(), movie_rows.max()) + 1, np.bool_)
        named[movie_rows] = True
        return named[self.films]

    def locate(self, known: Ints, unknown: Ints, expected: Floats | None = None) -> Floats:
        """z of somebody who knows the films at rows `known`, but not those at `unknown`; shape (n_factors,).

        `expected` is where they were believed to be before. Rows that are not among `films` say nothing.
        """
        yes, no = self.among(known), self.among(unknown)
        answered = yes | no
        L, weighted, A = self._system(answered)
        before = np.zeros(L.shape[1]) if expected is None else expected.astype(np.float64)
        residual = (yes[answered] - self.share[answered]) / self._deviations()[answered] - L @ before
        return (before + np.linalg.solve(A, weighted.T @ residual)).astype(np.float32)

    def locate_training(self, user_rows: Ints, movie_rows: Ints, n_users: int) -> Floats:
        """z of people who have seen what they rated and nothing else; shape (n_users, n_factors)."""
        place = np.full(max(self.films.max(initial=0), movie_rows.max(initial=0)) + 1, -1)
        place[self.films] = np.arange(len(self.films))
        known = place[movie_rows] >= 0
        users, films = user_rows[known], place[movie_rows[known]]
        _, weighted, A = self._system(np.ones(len(self.films), np.bool_))
        pulls = weighted / self._deviations()[:, None]
        sums = np.zeros((n_users, pulls.shape[1]))
        for factor, pull in enumerate(pulls.T):
            sums[:, factor] = np.bincount(users, pull[films], n_users) - pull @ self.share
        return np.linalg.solve(A, sums.T).T.astype(np.float32)

    def chances(self, z: Floats) -> Floats:
        """How probably somebody at `z` knows each of `films`; shape (n,)."""
        expected = self.share + self._deviations() * (self.loadings @ z)
        return np.clip(expected, SURE, 1 - SURE).astype(np.float32)

    def _system(self, answered: Mask) -> tuple[Reals, Reals, Reals]:
        """Loadings of the films `answered`, the same per unit of noise, and the posterior precision of z."""
        L = self.loadings[answered].astype(np.float64)
        weighted = L / np.maximum(1 - np.square(L).sum(axis=1), _LEAST_NOISE)[:, None]
        return L, weighted, np.eye(L.shape[1]) + weighted.T @ L

    def _deviations(self) -> Floats:
        deviations: Floats = np.sqrt(self.share * (1 - self.share))
        return deviations


def _share(counts: Ints, n_users: int) -> Floats:
    """How many of all people know films with so many ratings; never nobody, never all."""
    return ((counts + 0.5) / (n_users + 1)).astype(np.float32)


def _principal(correlations: Reals) -> Reals:
    """Loadings (n, n_factors) of the likeliest factor model with equal noise, largest factor first."""
    n = len(correlations)
    kept = min(_FACTORS, max(n - 1, 0))
    eigenvalues, vectors = np.linalg.eigh(correlations)
    noise = eigenvalues[: n - kept].mean() if n else 0.0
    top = np.sqrt(np.maximum(eigenvalues[n - kept :] - noise, 0))
    return (vectors[:, n - kept :] * top)[:, ::-1]
