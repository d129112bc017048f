"""What is served: stars, order and neighbours, for people known or new. numpy alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recsys.artifact import read_artifact, write_artifact
from recsys.catalog import Catalog
from recsys.config import TrainingConfig
from recsys.content import genre_vectors
from recsys.errors import ArtifactError, InvalidData, MissingPart, RecsysError, UnknownUser
from recsys.groups import Strategy, slate, utilities
from recsys.narrowing import Narrowing, Years
from recsys.parts import Parts
from recsys.ranker import FloatArray, IntArray
from recsys.ratings import MAX_STARS, MIN_STARS
from recsys.stars import StarsPosterior
from recsys.vocabulary import Vocabulary

__all__ = ["Recommendation", "Recommender", "Similar", "User"]

LIKED = 4.0  # stars from which a film may serve as a reason

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, eq=False)
class User:
    """A person folded in: what they told, and what this recommender makes of it. Build with `fold_in`.

    `vector` (n_factors,) orders films, None without a ranker; `posterior` predicts stars, None without stars.
    Meaningless to any other recommender.
    """

    ratings: Mapping[int, float]
    genres: Mapping[str, int]
    vector: FloatArray | None
    posterior: StarsPosterior | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A film to watch. `score` orders it; `stars` is what this person would give it, None without stars."""

    movie_id: int
    score: float
    stars: float | None


@dataclass(frozen=True, slots=True)
class Similar:
    """A film like another; `similarity` is a cosine."""

    movie_id: int
    similarity: float


class Recommender:
    """A trained model. Make one with `recsys.fit` or `Recommender.load`; it never changes.

    Unknown ids raise UnknownMovie or UnknownUser; a call that needs a part that was not fitted, MissingPart.
    """

    def __init__(
        self,
        catalog: Catalog,
        parts: Parts,
        config: TrainingConfig,
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        self.catalog = catalog
        self.config = config
        self.metrics: dict[str, float] = dict(metrics or {})
        self._parts = parts
        self._people = Vocabulary(parts.user_ids, kind="user", error=UnknownUser)
        self._narrowing = Narrowing(catalog, parts.popularity)
        self._kinds = genre_vectors(catalog)

    @property
    def user_ids(self) -> npt.NDArray[np.int64]:
        """Everybody who was in training; shape (n_users,)."""
        return self._people.ids

    @property
    def popularity(self) -> npt.NDArray[np.float32]:
        """Ratings per film in training, in catalog order; shape (n_films,)."""
        return self._parts.popularity

    def typical_stars(self, movie_ids: npt.ArrayLike) -> FloatArray:
        """What somebody of whom nothing is known would give these films; shape (n,).

        That is about the mean of a film's ratings, drawn towards the average where there are few: others'
        stars, for whoever compares them with somebody's own.
        """
        stars = _needed(self._parts.stars, "stars")
        return stars.predict_posterior(stars.fold_in([], []), self.catalog.rows(movie_ids))[0]

    def predict(self, user_ids: npt.ArrayLike, movie_ids: npt.ArrayLike) -> FloatArray:
        """Stars of people who were in training for films, pair by pair; shape (n,)."""
        stars = _needed(self._parts.stars, "stars")
        users, movies = self._people.rows(user_ids), self.catalog.rows(movie_ids)
        if users.shape != movies.shape:
            raise InvalidData(f"{len(users)} users for {len(movies)} movies: predict takes pairs")
        return stars.predict(users, movies)

    def fold_in(
        self, ratings: Mapping[int, float] | None = None, genres: Mapping[str, int] | None = None
    ) -> User:
        """A person from ratings in stars and genre answers in {-1, 0, 1}; pure, in closed form.

        Raises InvalidData for stars out of range, another genre or another answer.
        """
        given, answers = dict(ratings or {}), dict(genres or {})
        rows, values = self._checked_ratings(given)
        checked = self._checked_answers(answers)
        vector = None
        if self._parts.ranker is not None and self._parts.prior is not None:
            fade = np.float32(np.exp(-len(rows) / self.config.ranker.prior_fade))
            vector = self._parts.ranker.fold_in(rows, values) + fade * self._parts.prior.vector(checked)
        posterior = None if self._parts.stars is None else self._parts.stars.fold_in(rows, values)
        return User(given, answers, vector, posterior)

    def predict_for(self, user: User, movie_ids: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation, in stars, of what this person would give; shapes (n,)."""
        stars, posterior = _needed(self._parts.stars, "stars"), _needed(user.posterior, "stars")
        return stars.predict_posterior(posterior, self.catalog.rows(movie_ids))

    def recommend(
        self,
        user: User,
        n: int = 10,
        exclude: Iterable[int] = (),
        genres: Collection[str] | None = None,
        years: Years | None = None,
        *,
        without: Collection[str] = (),
        popularity: tuple[float, float] | None = None,
        penalties: Mapping[int, float] | None = None,
    ) -> list[Recommendation]:
        """The `n` best films that this person has not rated, best first; all there are if `n` is larger.

        Left out are `exclude` (movie ids), films with none of `genres`, films with one of `without`, films
        outside `years` ((first, last), both inclusive, or several such spans), and films outside the band
        `popularity` of quantiles (see recsys.narrowing). `penalties` lower the scores of films by so many
        standard deviations of this person's scores. Raises InvalidData for a genre the catalog does not
        have, and for a band that is none.
        """
        ranker, vector = _needed(self._parts.ranker, "ranker"), _needed(user.vector, "ranker")
        scores = ranker.scores(vector)
        if penalties:
            amounts = np.fromiter(penalties.values(), np.float32, len(penalties))
            scores[self.catalog.rows(list(penalties))] -= amounts * scores.std()
        allowed = self._narrowing.allowed(genres, years, without, popularity)
        allowed[self.catalog.rows([*user.ratings, *exclude])] = False
        best = _best(scores, np.flatnonzero(allowed), n)
        stars = self._stars_of(user, best)
        return [
            Recommendation(int(self.catalog.movie_ids[row]), float(scores[row]), star)
            for row, star in zip(best, stars, strict=True)
        ]

    def group(
        self,
        users: Sequence[User],
        n: int = 8,
        exclude: Iterable[int] = (),
        weights: Sequence[float] | None = None,
        *,
        strategy: Strategy = "fair",
        genres: Collection[str] | None = None,
        years: Years | None = None,
    ) -> list[Recommendation]:
        """A slate of `n` films for these people together, best first, unlike each other; fewer if few fit.

        What a member has rated is left to the caller: `exclude` it, or a guest may want it. `genres` and
        `years` are those of `recommend`. `weights`, one for each user, say whose wishes count more; `score`
        is the weighted mean utility in (0, 1], and `stars` are None: they would be somebody's. The
        strategies are those of recsys.groups. Raises InvalidData without users, for weights that are not one
        positive number each, and for another strategy.
        """
        ranker = _needed(self._parts.ranker, "ranker")
        allowed = self._narrowing.allowed(genres, years, (), None)
        allowed[self.catalog.rows(list(exclude))] = False
        if not allowed.any():
            return []
        utility = utilities(self._scores_of(users), allowed)
        rows, joint = slate(
            utility, allowed, ranker.film_factors, _count(n), weights=weights, strategy=strategy
        )
        return [
            Recommendation(int(movie_id), float(score), None)
            for movie_id, score in zip(self.catalog.movie_ids[rows], joint, strict=True)
        ]

    def satisfaction(self, users: Sequence[User], movie_ids: Iterable[int]) -> FloatArray:
        """What each of these films is to each of these people, in (0, 1]; shape (n_users, n_movies).

        The best film that a person has not rated is 1: the utility by which `group` chooses.
        """
        unrated = np.ones((len(users), len(self.catalog)), dtype=np.bool_)
        for row, user in zip(unrated, users, strict=True):
            row[self.catalog.rows(list(user.ratings))] = False
        utility = utilities(self._scores_of(users), unrated)
        return utility[:, self.catalog.rows(list(movie_ids))].astype(np.float32)

    def explain(self, user: User, movie_id: int) -> int | None:
        """The film this person gave 4 stars or more that adds most to the score of `movie_id`, or None.

        The score is a sum over their ratings (Ranker.contributions), so this is exact, up to the genre prior.
        """
        ranker = _needed(self._parts.ranker, "ranker")
        row = self.catalog.row(movie_id)
        rows, values = self._checked_ratings(user.ratings)
        shares = np.where(values >= LIKED, ranker.contributions(rows, values, row), -np.inf)
        if not shares.size or shares.max() <= 0:
            return None
        return int(self.catalog.movie_ids[rows[shares.argmax()]])

    def similar(
        self,
        movie_ids: Iterable[int],
        n: int = 10,
        exclude: Iterable[int] = (),
        genres: Collection[str] | None = None,
        years: Years | None = None,
        *,
        without: Collection[str] = (),
        popularity: tuple[float, float] | None = None,
    ) -> list[Similar]:
        """The `n` films most like these together, best first, without these; all if `n` is larger.

        What is left out besides is told as in `recommend`.
        """
        neighbours = _needed(self._parts.neighbours, "similar")
        seeds = np.unique(self.catalog.rows(list(movie_ids)))
        if not seeds.size:
            raise InvalidData("similar needs one movie id or more")
        cosines = neighbours.cosines(seeds)
        others = self._narrowing.allowed(genres, years, without, popularity)
        others[seeds] = False
        others[self.catalog.rows(list(exclude))] = False
        best = _best(cosines, np.flatnonzero(others), n)
        return [Similar(int(self.catalog.movie_ids[row]), float(cosines[row])) for row in best]

    def next_questions(self, user: User, n: int = 5, exclude: Iterable[int] = ()) -> list[int]:
        """Ids of the `n` films most worth asking about, best first; never one rated or in `exclude`."""
        asked = self.catalog.rows([*user.ratings, *exclude])
        rows = self._parts.elicitation.choose(_count(n), asked=np.unique(asked), kinds=self._kinds)
        return [int(self.catalog.movie_ids[row]) for row in rows]

    def save(self, folder: str | Path, *, metrics: Mapping[str, float] | None = None) -> None:
        """Write, or replace, the artifact in `folder`; `metrics` are added to the manifest."""
        parts = self._parts
        counts = {
            "users": len(parts.user_ids),
            "films": len(self.catalog),
            "ratings": int(parts.popularity.sum()),
        }
        about = {
            "config": self.config.to_dict(),
            "counts": counts,
            "metrics": {**self.metrics, **(metrics or {})},
        }
        write_artifact(Path(folder), parts.arrays(), self.catalog, about)

    @classmethod
    def load(cls, folder: str | Path) -> Recommender:
        """Read and verify what `save` wrote. Raises ArtifactError that names the file and what is wrong."""
        artifact = read_artifact(Path(folder))
        catalog, about = artifact.catalog, artifact.about
        try:
            config = TrainingConfig.from_dict(about["config"])
            parts = Parts.from_arrays(
                artifact.arrays, config, n_films=len(catalog), n_genres=len(catalog.genres)
            )
            return cls(catalog, parts, config, about["metrics"])
        except (RecsysError, KeyError, TypeError) as error:
            raise ArtifactError(f"{folder}: {error}") from error

    def _scores_of(self, users: Sequence[User]) -> FloatArray:
        """Scores of all films for each of these people; shape (n_users, n_films)."""
        if not users:
            raise InvalidData("a group needs one user or more")
        ranker = _needed(self._parts.ranker, "ranker")
        return np.stack([ranker.scores(_needed(user.vector, "ranker")) for user in users])

    def _stars_of(self, user: User, rows: IntArray) -> list[float | None]:
        if self._parts.stars is None or user.posterior is None:
            return [None] * len(rows)
        return [float(mean) for mean in self._parts.stars.predict_posterior(user.posterior, rows)[0]]

    def _checked_ratings(self, ratings: Mapping[int, float]) -> tuple[IntArray, FloatArray]:
        """Rows in catalog order, so that the order in which ratings were given changes nothing."""
        rows = self.catalog.rows(list(ratings))
        values = np.fromiter(ratings.values(), np.float32, len(ratings))
        bad = ~((values >= MIN_STARS) & (values <= MAX_STARS))  # NaN is bad too
        if bad.any():
            raise InvalidData(f"{values[bad][0]} stars: they must lie between {MIN_STARS} and {MAX_STARS}")
        order = np.argsort(rows)
        return rows[order], values[order]

    def _checked_answers(self, answers: Mapping[str, int]) -> FloatArray:
        row = np.zeros(len(self.catalog.genres), np.float32)
        for genre, answer in answers.items():
            if answer not in (-1, 0, 1):
                raise InvalidData(f"the answer for {genre} is {answer!r}: it must be -1, 0 or 1")
            row[self._narrowing.column(genre)] = answer
        return row


def _needed(part: Part | None, name: str) -> Part:
    if part is None:
        raise MissingPart(f"this model was fitted without {name!r}; fit it with that part")
    return part


def _count(n: int) -> int:
    if n < 0:
        raise InvalidData(f"n is {n}: it must be 0 or more")
    return n


def _best(scores: FloatArray, candidates: IntArray, n: int) -> IntArray:
    """The `n` candidates with the highest scores, best first, ties in catalog order."""
    order = np.argsort(-scores[candidates], kind="stable")
    return candidates[order[: _count(n)]]
