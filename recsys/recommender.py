"""What is served: stars, order and neighbours, for people known or new. numpy alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Floats, Ints
from recsys.config import TrainingConfig
from recsys.data.catalog import Catalog, Film
from recsys.data.content import GenreVectors
from recsys.data.narrowing import Narrowing, Years
from recsys.data.vocabulary import Vocabulary
from recsys.errors import ArtifactError, InvalidData, RecsysError, UnknownUser
from recsys.serving.answers import answer_features
from recsys.serving.arguments import answers_by_genre, count, needed, ratings_by_row
from recsys.serving.artifact import read_artifact, write_artifact
from recsys.serving.diversity import DIVERSITY, best_of, diverse
from recsys.serving.groups import Strategy, slate, utilities
from recsys.serving.parts import Parts
from recsys.serving.ranker import Ranker
from recsys.serving.replies import Recommendation, Similar, User
from recsys.serving.shelves import Shelf
from recsys.serving.similarity import Neighbours
from recsys.serving.stars import Stars

_LIKED = 4.0  # stars from which a film may serve as a reason
_SHARED_GENRES = 3  # more would be no reason any more


class Recommender:
    """A trained model. Make one with `recsys.fit` or `Recommender.load`; it never changes.

    `preliminary`: it was saved as a quick one that another is to replace. Unknown ids raise UnknownMovie or
    UnknownUser; a call that needs a part that was not fitted, MissingPart.
    """

    def __init__(
        self,
        catalog: Catalog,
        parts: Parts,
        config: TrainingConfig,
        metrics: Mapping[str, float] | None = None,
        *,
        preliminary: bool = False,
    ) -> None:
        self.preliminary = preliminary
        self.catalog = catalog
        self.config = config
        self.metrics: dict[str, float] = dict(metrics or {})
        self._parts = parts
        self._people = Vocabulary(parts.user_ids, kind="user", error=UnknownUser)
        self._narrowing = Narrowing(catalog, parts.popularity)
        self._kinds = GenreVectors(catalog)

    def extended(self, films: Iterable[Film]) -> Recommender:
        """This one with those of `films` that it does not know yet, behind its own; itself without such.

        Nobody has rated them, so each is what the rated films let expect of its genres and its year
        (recsys.serving.newfilms), and less sure; films that are known stay as they are. A genre that none of
        the model's own films has says nothing, and no list can be narrowed by it, before the next training; a
        year before or after theirs counts as their first or last. Whoever was folded in before stays so.
        """
        catalog = self.catalog.extended(films)
        if catalog is self.catalog:
            return self
        parts = self._parts.extended(catalog)
        return Recommender(catalog, parts, self.config, self.metrics, preliminary=self.preliminary)

    @property
    def user_ids(self) -> Ints:
        """Everybody who was in training; shape (n_users,)."""
        return self._people.ids

    @property
    def popularity(self) -> Floats:
        """Ratings per film in training, in catalog order; shape (n_films,)."""
        return self._parts.popularity

    @property
    def stars(self) -> Stars:
        """The predictor of stars, by row numbers. Raises MissingPart."""
        return needed(self._parts.stars, "stars")

    def arrays(self) -> dict[str, AnyArray]:
        """All that was learned, under the names by which an artifact keeps it; not to be written to."""
        return self._parts.arrays()

    @property
    def parts(self) -> Parts:
        """All that was learned, part by part: where a fine-tuning begins."""
        return self._parts

    @property
    def ranker(self) -> Ranker:
        """What orders films, by row numbers. Raises MissingPart."""
        return needed(self._parts.ranker, "ranker")

    def typical_stars(self, movie_ids: npt.ArrayLike) -> Floats:
        """What somebody of whom nothing is known would give these films; shape (n,).

        That is about the mean of a film's ratings, drawn towards the average where there are few: others'
        stars, for whoever compares them with somebody's own.
        """
        stars = self.stars
        return stars.predict_posterior(stars.fold_in([], []), self.catalog.rows(movie_ids))[0]

    def predict(self, user_ids: npt.ArrayLike, movie_ids: npt.ArrayLike) -> Floats:
        """Stars of people who were in training for films, pair by pair; shape (n,)."""
        stars = self.stars
        users, movies = self._people.rows(user_ids), self.catalog.rows(movie_ids)
        if users.shape != movies.shape:
            raise InvalidData(f"{len(users)} users for {len(movies)} movies: predict takes pairs")
        return stars.predict(users, movies)

    def fold_in(
        self,
        ratings: Mapping[int, float] | None = None,
        genres: Mapping[str, int] | None = None,
        shelves: Iterable[Collection[int]] = (),
    ) -> User:
        """A person from ratings in stars, genre answers in {-1, 0, 1} and picked shelves; pure.

        A shelf is its movie ids, of `shelves` of this recommender or of an earlier one.
        Raises InvalidData for stars out of range, another genre or another answer.
        """
        given, answers = dict(ratings or {}), dict(genres or {})
        picks = tuple(tuple(shelf) for shelf in shelves)
        rows, values = ratings_by_row(self.catalog, given)
        features = self._features(answers, picks)
        vector, posterior = self._parts.fold_in(rows, values, features, self.config.ranker)
        return User(given, answers, picks, vector, posterior)

    def predict_for(self, user: User, movie_ids: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Mean and standard deviation, in stars, of what this person would give; shapes (n,)."""
        stars, posterior = self.stars, needed(user.posterior, "stars")
        return stars.predict_posterior(posterior, self.catalog.rows(movie_ids))

    def recommend(
        self,
        user: User,
        n: int = 10,
        exclude: Iterable[int] = (),
        genres: Collection[str] | None = None,
        years: Years | None = None,
        diversity: float = DIVERSITY,
        *,
        without: Collection[str] = (),
        popularity: tuple[float, float] | None = None,
        penalties: Mapping[int, float] | None = None,
    ) -> list[Recommendation]:
        """The `n` best films that this person has not rated, best first; all there are if `n` is larger.

        Left out are `exclude` (movie ids), films with none of `genres`, films with one of `without`, films
        outside `years` ((first, last), both inclusive, or several such spans), and films outside the band
        `popularity` of quantiles (see recsys.data.narrowing). `penalties` lower the scores of films by so
        many standard deviations of this person's scores. `diversity` in [0, 1] lowers the score of a film by
        how like it is to one listed before it (recsys.serving.diversity): 0 is the pure order. Raises
        InvalidData for a genre the catalog does not have, for years or a band that are none, for penalties
        that are not finite, and for a diversity out of range.
        """
        if not 0 <= diversity <= 1:
            raise InvalidData(f"diversity is {diversity}: it must lie in [0, 1]")
        ranker, vector = self.ranker, needed(user.vector, "ranker")
        scores = ranker.scores(vector)
        if penalties:
            amounts = np.fromiter(penalties.values(), np.float32, len(penalties))
            if not np.isfinite(amounts).all():
                raise InvalidData(f"penalties {dict(penalties)}: they must be finite numbers")
            scores[self.catalog.rows(list(penalties))] -= amounts * scores.std()
        allowed = self._narrowing.allowed(genres, years, without, popularity)
        allowed[self.catalog.rows([*user.ratings, *exclude])] = False
        best, found = diverse(
            scores, np.flatnonzero(allowed), count(n), diversity, ranker.film_factors, self._kinds
        )
        stars = self._stars_of(user, best)
        return [
            Recommendation(int(self.catalog.movie_ids[row]), float(score), star)
            for row, score, star in zip(best, found, stars, strict=True)
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
        strategies are those of recsys.serving.groups. Raises InvalidData without users, for weights that are
        not one positive number each, and for another strategy.
        """
        ranker = self.ranker
        allowed = self._narrowing.allowed(genres, years, (), None)
        allowed[self.catalog.rows(list(exclude))] = False
        utility = utilities(self._scores_of(users), allowed)
        rows, joint = slate(
            utility, allowed, ranker.film_factors, count(n), weights=weights, strategy=strategy
        )
        return [
            Recommendation(int(movie_id), float(score), None)
            for movie_id, score in zip(self.catalog.movie_ids[rows], joint, strict=True)
        ]

    def satisfaction(self, users: Sequence[User], movie_ids: Iterable[int]) -> Floats:
        """What each of these films is to each of these people, in (0, 1]; shape (n_users, n_movies).

        The best film that a person has not rated is 1: the utility by which `group` chooses.
        """
        unrated = np.ones((len(users), len(self.catalog)), dtype=np.bool_)
        for row, user in zip(unrated, users, strict=True):
            row[self.catalog.rows(list(user.ratings))] = False
        utility = utilities(self._scores_of(users), unrated)
        return utility[:, self.catalog.rows(list(movie_ids))].astype(np.float32)

    def explain(self, user: User, movie_id: int) -> int | None:
        """The other film this person gave 4 stars or more that adds most to the score of `movie_id`, or None.

        The score is a sum over their ratings (Ranker.contributions), so this is exact, up to what the
        average person and their answers add.
        """
        ranker = self.ranker
        row = self.catalog.row(movie_id)
        rows, values = ratings_by_row(self.catalog, user.ratings)
        reasons = (values >= _LIKED) & (rows != row)  # a film is no reason for itself
        shares = np.where(reasons, ranker.contributions(rows, values, row), -np.inf)
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

        What else is left out is said as in `recommend`.
        """
        neighbours = needed(self._parts.neighbours, "similar")
        seeds = self._seeds(movie_ids)
        cosines = neighbours.cosines(seeds)
        others = self._narrowing.allowed(genres, years, without, popularity)
        others[seeds] = False
        others[self.catalog.rows(list(exclude))] = False
        best = best_of(cosines, np.flatnonzero(others), count(n))
        return self._similar(neighbours, seeds, best, cosines)

    def compare(self, movie_ids: Iterable[int], others: Iterable[int]) -> list[Similar]:
        """How like these together each of `others` is, and why, in their order."""
        neighbours = needed(self._parts.neighbours, "similar")
        seeds = self._seeds(movie_ids)
        return self._similar(neighbours, seeds, self.catalog.rows(list(others)), neighbours.cosines(seeds))

    def next_questions(
        self, user: User, n: int = 5, exclude: Iterable[int] = (), *, unseen: Iterable[int] = ()
    ) -> list[int]:
        """Ids of the `n` films most worth asking about, best first; never one rated or in `exclude`.

        `unseen` are films that this person said not to have seen: neither are they asked, and others like
        them come later.
        """
        rated, unknown = self.catalog.rows([*user.ratings]), self.catalog.rows(list(unseen))
        asked = np.unique(np.concatenate([rated, unknown, self.catalog.rows(list(exclude))]))
        elicitation, n = self._parts.elicitation, count(n)
        expected = self._parts.newcomers.seen.shift(self._features(user.genres, user.shelves))
        stars, person = self._parts.stars, None
        if stars is not None and user.posterior is not None:
            person = stars.sensitivity(user.posterior, elicitation.seen.films)
        chances = elicitation.seen.chances(elicitation.seen.locate(rated, unknown, expected))
        chosen = elicitation.questions(n, chances, asked, person, self._kinds)
        rows = chosen.tolist()
        if len(rows) < n:  # no candidate is left
            left = np.setdiff1d(np.arange(len(self.catalog)), np.concatenate([asked, chosen]))
            rows += best_of(self.popularity, left, n - len(rows)).tolist()
        return [int(self.catalog.movie_ids[row]) for row in rows]

    def shelves(self, n: int = 8) -> list[Shelf]:
        """At most `n` shelves of a few well-known films each, to ask "which is yours?"; best known first."""
        shown = self._parts.shelves.shown[: count(n)]
        return [Shelf(tuple(int(self.catalog.movie_ids[row]) for row in rows)) for rows in shown]

    def save(
        self,
        folder: str | Path,
        *,
        metrics: Mapping[str, float] | None = None,
        preliminary: bool | None = None,
        origin: str = "hand",
    ) -> None:
        """Write, or replace, the artifact in `folder`; `metrics` are added to the manifest.

        `preliminary` is what it says of itself when it is loaded; None leaves what this one says. `origin`
        is for whoever keeps several: the manifest says it (recsys.serving.artifact.read_manifest).
        """
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
            "preliminary": self.preliminary if preliminary is None else preliminary,
            "origin": origin,
        }
        write_artifact(Path(folder), self.arrays(), self.catalog, about)

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
            artifact.let_go()
            return cls(catalog, parts, config, about["metrics"], preliminary=about.get("preliminary", False))
        except (RecsysError, KeyError, TypeError) as error:
            raise ArtifactError(f"{folder}: {error}") from error

    def _scores_of(self, users: Sequence[User]) -> Floats:
        """Scores of all films for each of these people; shape (n_users, n_films)."""
        if not users:
            raise InvalidData("a group needs one user or more")
        ranker = self.ranker
        return np.stack([ranker.scores(needed(user.vector, "ranker")) for user in users])

    def _seeds(self, movie_ids: Iterable[int]) -> Ints:
        seeds = np.unique(self.catalog.rows(list(movie_ids)))
        if not seeds.size:
            raise InvalidData("what should it be like? One movie id or more is needed")
        return seeds

    def _similar(self, neighbours: Neighbours, seeds: Ints, rows: Ints, cosines: Floats) -> list[Similar]:
        names, movie_ids = self.catalog.genres, self.catalog.movie_ids
        return [
            Similar(
                int(movie_ids[row]),
                float(cosines[row]),
                likeness.because,
                tuple(names[column] for column in likeness.genres[:_SHARED_GENRES]),
            )
            for row, likeness in zip(rows, neighbours.explain(seeds, rows), strict=True)
        ]

    def _stars_of(self, user: User, rows: Ints) -> list[float | None]:
        if self._parts.stars is None or user.posterior is None:
            return [None] * len(rows)
        return [float(mean) for mean in self._parts.stars.predict_posterior(user.posterior, rows)[0]]

    def _features(self, answers: Mapping[str, int], picks: Iterable[Collection[int]]) -> Floats:
        """Genre answers and picked shelves as the priors take them."""
        genres = answers_by_genre(self._narrowing, len(self.catalog.genres), answers)
        shelves = [self.catalog.rows(list(pick)).tolist() for pick in picks]
        return answer_features(genres, self._parts.shelves.answers(shelves))
