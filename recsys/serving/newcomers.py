"""What answers and picks say of newcomers, learned for every part that can use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from recsys.arrays import AnyArray, Doubles, Floats, Ints, Mask, Reals
from recsys.config import TrainingConfig
from recsys.data.rows import Rows
from recsys.errors import ArtifactError
from recsys.serving.answers import (
    AnswerPrior,
    fit_answer_prior,
    fit_from_totals,
    genre_profiles,
    genre_taste,
    simulate_features,
)
from recsys.serving.ease import UNKNOWN
from recsys.serving.ranker import Ranker, graded
from recsys.serving.seen import Seen
from recsys.serving.shelves import Shelves
from recsys.serving.stars import Stars

_PEOPLE = 2000  # people enough to learn what answers mean
# Of the map to the stars' vectors: the safest guess is the best one.
_STARS_RIDGE, _STARS_STRENGTH = 50.0, 0.8
_SEEN_RIDGE = 10.0  # of the map to what people have seen

_Total = Callable[[Doubles], Reals]  # shares (m, n_people) of vectors


@dataclass(frozen=True, slots=True, eq=False)
class Newcomers:
    """One map for the ranker's vectors, one for the stars' vectors, one for what people have seen.

    Those of parts that were not fitted are None.
    """

    seen: AnswerPrior
    ranker: AnswerPrior | None
    stars: AnswerPrior | None

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores: every array under "part_name"."""
        parts = {"seen": self.seen, "ranker": self.ranker, "stars": self.stars}
        return {
            f"{name}_{key}": array
            for name, prior in parts.items()
            if prior is not None
            for key, array in prior.arrays().items()
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Newcomers:
        """The inverse of `arrays`. Raises KeyError for an array that is missing."""

        def prior(name: str) -> AnswerPrior:
            return AnswerPrior.from_arrays({key: arrays[f"{name}_{key}"] for key in ("mean", "weights")})

        ranker, stars = (prior(name) if f"{name}_mean" in arrays else None for name in ("ranker", "stars"))
        return cls(prior("seen"), ranker, stars)

    def fit_together(self, n_features: int, widths: Mapping[str, int]) -> None:
        """Raises ArtifactError unless there is a map of `n_features` answers for each part and its width."""
        for name, width in widths.items():
            prior: AnswerPrior | None = getattr(self, name)
            found = None if prior is None else (prior.weights.shape, prior.mean.shape)
            if found != ((n_features, width), (width,)):
                raise ArtifactError(f"newcomers: the map for {name} has shapes {found}")


def fit_newcomers(
    rows: Rows,
    genres: Mask,
    seen: Seen,
    shelves: Shelves,
    ranker: Ranker | None,
    stars: Stars | None,
    config: TrainingConfig,
    *,
    fine_tuned: bool = False,
    ordered: AnswerPrior | None = None,
) -> Newcomers:
    """Learned on what training people would answer, and the vectors that folding in all their ratings gives.

    `rows` are sorted by person; `genres` is the genre matrix (n_films, n_genres). After a
    fine-tuning the stars' vectors that were fitted serve, which is much cheaper and says about the same.
    `ordered` is the map to the ranker's factors, where it is known, in its basis; EASE's alone is new then.
    """
    rng = np.random.default_rng(config.seed)
    people = rng.permutation(rows.n_users)[:_PEOPLE]
    tastes = []
    for kinds in (genres, shelves.membership()):
        profiles = genre_profiles(rows.users, rows.movies, rows.values, kinds, rows.n_users)
        tastes.append(genre_taste(profiles, among=profiles)[people])
    features = simulate_features(tastes[0], tastes[1], rng)
    settings = config.ranker
    starts = np.searchsorted(rows.users, np.arange(rows.n_users + 1))
    histories = [
        (rows.movies[starts[row] : starts[row + 1]], rows.values[starts[row] : starts[row + 1]])
        for row in people
    ]
    located = seen.locate_training(rows.users, rows.movies, rows.n_users)[people]
    ordering = expecting = None
    if ranker is not None:
        total = _folded(ranker, histories) if ordered is None else _by_ease(ranker, histories)
        ordering = fit_from_totals(
            total, features, ridge=settings.prior_ridge, strength=settings.prior_strength
        )
        if ordered is not None:
            ordering = ordered.beside(ordering)
    if stars is not None:
        vectors = (
            stars.people_vectors[people].astype(np.float32)
            if fine_tuned
            else _stack([stars.fold_in(*history).mean.ravel() for history in histories])
        )
        expecting = fit_answer_prior(vectors, features, ridge=_STARS_RIDGE, strength=_STARS_STRENGTH)
    seen_prior = fit_answer_prior(located, features, ridge=_SEEN_RIDGE, strength=1.0)
    return Newcomers(seen_prior, ordering, expecting)


def _folded(ranker: Ranker, histories: list[tuple[Ints, Floats]]) -> _Total:
    """Sums of people's vectors in the ranker, each folded in."""
    vectors = _stack([ranker.fold_in(*history) for history in histories])
    return lambda shares: shares @ vectors


def _by_ease(ranker: Ranker, histories: list[tuple[Ints, Floats]]) -> _Total:
    """Sums of EASE's part of people's vectors."""
    ease = ranker.ease
    targets = np.zeros((len(histories), len(ease.movie_rows)), np.float32)
    for own, (movies, values) in zip(targets, histories, strict=True):
        places = ease.places[movies]
        known = places != UNKNOWN
        own[places[known]] = graded(values[known], ranker.config.slope)
    return lambda shares: ease.total(shares.astype(np.float32), targets)


def _stack(vectors: list[Reals]) -> Floats:
    return np.stack(vectors).astype(np.float32)
