"""Which films to ask a newcomer about: those they probably know and whose answer would say most about them.

An answer is worth as much as it lowers the variance of all that we would predict of this person (V-optimal
design; as active learning for recommenders in Rubens, Kaplan, Sugiyama, 2011). With the posterior N(m, S) of
their vector, and g_i the gradient of their predicted stars for film i,

    gain(j) = Σ_i w_i (g_i·S g_j)² / (g_j·S g_j + σ²) = g_j·S M S g_j / (g_j·S g_j + σ²),

M = Σ_i w_i g_i g_iᵀ, with w_i the chance that they know film i: predictions count where there is something to
predict. Without a predictor of stars, an answer is worth more the more people disagree about the film, and
variety is a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.arrays import AnyArray, Floats, Ints, Mask
from recsys.data.content import GenreVectors
from recsys.serving.seen import Seen
from recsys.serving.stars import Sensitivity

SPREAD_SHRINKAGE = 20  # ratings that weigh as much as knowing nothing of how opinions differ
_VARIETY = 0.5  # share of its worth that a film loses when all films asked before had its genres
_CAUTION = 2.0  # power of the chance to know a film: people tire of "haven't seen"


@dataclass(frozen=True, slots=True, eq=False)
class Elicitation:
    """`seen` knows who knows which films; `variance` (n,) is that of the ratings of each of its films."""

    seen: Seen
    variance: Floats

    @classmethod
    def build(cls, seen: Seen, movie_rows: Ints, values: Floats, n_films: int) -> Elicitation:
        """From the ratings of training people."""
        counts = np.bincount(movie_rows, minlength=n_films)
        means = np.bincount(movie_rows, values, n_films) / np.maximum(counts, 1)
        squares = np.bincount(movie_rows, (values - means[movie_rows]) ** 2, n_films)
        overall = squares.sum() / max(len(values), 1)
        variance = (squares + SPREAD_SHRINKAGE * overall) / (counts + SPREAD_SHRINKAGE)
        return cls(seen, variance[seen.films].astype(np.float32))

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores."""
        return {"variance": self.variance, **self.seen.arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Elicitation:
        """The inverse of `arrays`."""
        return cls(Seen.from_arrays(arrays), np.asarray(arrays["variance"], np.float32))

    def questions(
        self, n: int, chances: Floats, asked: Ints, person: Sensitivity | None, kinds: GenreVectors | Floats
    ) -> Ints:
        """Rows of the catalog of the `n` films to ask next, best first, none of `asked` (rows).

        `chances` (n_candidates,) are to know each film; `person` is None without a predictor of stars.
        """
        waiting = ~self.seen.among(asked)
        if person is None:
            return self.divisive(n, chances, waiting, kinds, asked)
        return self.informative(n, chances, waiting, person)

    def informative(self, n: int, chances: Floats, open_: Mask, person: Sensitivity) -> Ints:
        """Rows of the catalog of the `n` films to ask next, best first: greedily, as if each were answered.

        `chances` (n_candidates,) are to know each film, `open_` says which may be asked.
        """
        G = person.gradients
        SG = G @ person.covariance
        M = (G * chances[:, None]).T @ G
        cautious = np.where(open_, chances**_CAUTION, -np.inf)
        chosen: list[int] = []
        for _ in range(min(n, int(open_.sum()))):
            spread = np.einsum("nk,nk->n", SG, G) + person.noise
            gain = np.einsum("nk,nk->n", SG @ M, SG) / spread
            best = int(np.argmax(cautious * np.maximum(gain, np.finfo(np.float32).tiny)))
            chosen.append(best)
            cautious[best] = -np.inf
            SG = SG - np.outer(SG @ G[best], SG[best] / spread[best])  # the answer's share of the covariance
        return self.seen.films[chosen]

    def divisive(
        self, n: int, chances: Floats, open_: Mask, kinds: GenreVectors | Floats, asked: Ints
    ) -> Ints:
        """The same without a predictor of stars: known to many who disagree (Rashid et al., 2002).

        A film whose genres are like those of films already `asked` about or chosen waits.
        """
        worth = np.where(open_, chances * self.variance, -np.inf)
        candidates = kinds[self.seen.films]
        covered, count = kinds[asked].sum(axis=0), len(asked)
        chosen: list[int] = []
        for _ in range(min(n, int(open_.sum()))):
            best = int(np.argmax(worth * (1 - _VARIETY * (candidates @ covered) / max(count, 1))))
            chosen.append(best)
            worth[best] = -np.inf
            covered, count = covered + candidates[best], count + 1
        return self.seen.films[chosen]
