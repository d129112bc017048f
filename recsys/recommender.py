"""What is served: stars, order and neighbours, for people known or new. numpy alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Floats, Ints
from recsys.config import TrainingConfig
from recsys.data.catalog import Catalog, Film
from recsys.data.content import genre_vectors, unit_rows
from recsys.data.narrowing import Narrowing, Years
from recsys.data.ratings import MAX_STARS, MIN_STARS
from recsys.data.vocabulary import Vocabulary
from recsys.errors import ArtifactError, InvalidData, MissingPart, RecsysError, UnknownUser
from recsys.serving.answers import answer_features
from recsys.serving.artifact import read_artifact, write_artifact
from recsys.serving.diversity import DIVERSITY, HEAD, rearranged
from recsys.serving.groups import Strategy, slate, utilities
from recsys.serving.parts import Parts
from recsys.serving.ranker import Ranker
from recsys.serving.shelves import Shelf
from recsys.serving.similarity import Because, Neighbours
from recsys.serving.stars import Stars, StarsPosterior

_LIKED = 4.0  # stars from which a film may serve as a reason
_TOLD_GENRES = 3  # more would be no reason any more

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, eq=False)
class User:
    """A person folded in: what they told, and what this recommender makes of it. Build with `fold_in`.

    `shelves` are those they picked, as movie ids.
    `vector` (n_factors,) orders films, None without a ranker; `posterior` predicts stars, None without stars.
    Meaningless to any other recommender.
    """

    ratings: Mapping[int, float]
    genres: Mapping[str, int]
    shelves: tuple[tuple[int, ...], ...]
    vector: Floats | None
    posterior: StarsPosterior | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A film to watch. `score` orders it; `stars` is what this person would give it, None without stars."""

    movie_id: int
    score: float
    stars: float | None


@dataclass(frozen=True, slots=True)
class Similar:
    """A film like another; `similarity` is a cosine, and `because` names the largest part of it.

    "lovers": the same people choose and like both; "genres": they share `shared_genres` (up to three, the one
    that adds most first); "years": they are of one time; None: no part is above 0.
    """

    movie_id: int
    similarity: float
    because: Because | None = None
    shared_genres: tuple[str, ...] = ()


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
        self._kinds = genre_vectors(catalog)

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
        return _needed(self._parts.stars, "stars")

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
        return _needed(self._parts.ranker, "ranker")

    def typical_stars(self, movie_ids: npt.ArrayLike) -> Floats:
        """What somebody of whom nothing is known would give these films; shape (n,).

        That is about the mean of a film's ratings, drawn towards the average where there are few: others'
        stars, for whoever compares them with somebody's own.
        """
        stars = _needed(self._parts.stars, "stars")
        return stars.predict_posterior(stars.fold_in([], []), self.catalog.rows(movie_ids))[0]

    def predict(self, user_ids: npt.ArrayLike, movie_ids: npt.ArrayLike) -> Floats:
        """Stars of people who were in training for films, pair by pair; shape (n,)."""
        stars = _needed(self._parts.stars, "stars")
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
        rows, values = self._checked_ratings(given)
        features = self._features(answers, picks)
        priors, vector, posterior = self._parts.newcomers, None, None
        if self._parts.ranker is not None and priors.ranker is not None:
            fading = self.config.ranker
            crowd, answered = (np.exp(-len(rows) / fade) for fade in (fading.crowd_fade, fading.prior_fade))
            vector = self._parts.ranker.fold_in(rows, values)
            vector += np.float32(crowd) * priors.ranker.mean + np.float32(answered) * priors.ranker.shift(
                features
            )
        if self._parts.stars is not None and priors.stars is not None:
            posterior = self._parts.stars.fold_in(rows, values, priors.stars.shift(features))
        return User(given, answers, picks, vector, posterior)

    def predict_for(self, user: User, movie_ids: npt.ArrayLike) -> tuple[Floats, Floats]:
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
        ranker, vector = _needed(self._parts.ranker, "ranker"), _needed(user.vector, "ranker")
        scores = ranker.scores(vector)
        if penalties:
            amounts = np.fromiter(penalties.values(), np.float32, len(penalties))
            if not np.isfinite(amounts).all():
                raise InvalidData(f"penalties {dict(penalties)}: they must be finite numbers")
            scores[self.catalog.rows(list(penalties))] -= amounts * scores.std()
        allowed = self._narrowing.allowed(genres, years, without, popularity)
        allowed[self.catalog.rows([*user.ratings, *exclude])] = False
        best = _best(scores, np.flatnonzero(allowed), max(_count(n), HEAD if diversity else 0))
        found = scores[best]
        if diversity:
            order, found = rearranged(found, self._likeness(best[:HEAD]), diversity, n)
            best = best[order]
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
        ranker = _needed(self._parts.ranker, "ranker")
        allowed = self._narrowing.allowed(genres, years, (), None)
        allowed[self.catalog.rows(list(exclude))] = False
        utility = utilities(self._scores_of(users), allowed)
        rows, joint = slate(
            utility, allowed, ranker.film_factors, _count(n), weights=weights, strategy=strategy
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
        ranker = _needed(self._parts.ranker, "ranker")
        row = self.catalog.row(movie_id)
        rows, values = self._checked_ratings(user.ratings)
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

        What is left out besides is told as in `recommend`.
        """
        neighbours = _needed(self._parts.neighbours, "similar")
        seeds = self._seeds(movie_ids)
        cosines = neighbours.cosines(seeds)
        others = self._narrowing.allowed(genres, years, without, popularity)
        others[seeds] = False
        others[self.catalog.rows(list(exclude))] = False
        best = _best(cosines, np.flatnonzero(others), n)
        return self._told(neighbours, seeds, best, cosines)

    def compare(self, movie_ids: Iterable[int], others: Iterable[int]) -> list[Similar]:
        """How like these together each of `others` is, and why, in their order."""
        neighbours = _needed(self._parts.neighbours, "similar")
        seeds = self._seeds(movie_ids)
        return self._told(neighbours, seeds, self.catalog.rows(list(others)), neighbours.cosines(seeds))

    def next_questions(
        self, user: User, n: int = 5, exclude: Iterable[int] = (), *, unseen: Iterable[int] = ()
    ) -> list[int]:
        """Ids of the `n` films most worth asking about, best first; never one rated or in `exclude`.

        `unseen` are films that this person said not to have seen: neither are they asked, and others like
        them come later.
        """
        rated, unknown = self.catalog.rows([*user.ratings]), self.catalog.rows(list(unseen))
        asked = np.unique(np.concatenate([rated, unknown, self.catalog.rows(list(exclude))]))
        elicitation, priors, n = self._parts.elicitation, self._parts.newcomers, _count(n)
        expected = priors.seen.shift(self._features(user.genres, user.shelves))
        chances = elicitation.seen.chances(elicitation.seen.locate(rated, unknown, expected))
        waiting = ~elicitation.seen.among(asked)
        stars, posterior = self._parts.stars, user.posterior
        if stars is not None and posterior is not None:
            person = stars.sensitivity(posterior, elicitation.seen.films)
            chosen = elicitation.informative(n, chances, waiting, person)
        else:
            chosen = elicitation.divisive(n, chances, waiting, self._kinds, asked)
        rows = chosen.tolist()
        if len(rows) < n:  # no candidate is left
            left = np.setdiff1d(np.arange(len(self.catalog)), np.concatenate([asked, chosen]))
            rows += _best(self.popularity, left, n - len(rows)).tolist()
        return [int(self.catalog.movie_ids[row]) for row in rows]

    def shelves(self, n: int = 8) -> list[Shelf]:
        """At most `n` shelves of a few well-known films each, to ask "which is yours?"; best known first."""
        shown = self._parts.shelves.shown[: _count(n)]
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
            return cls(catalog, parts, config, about["metrics"], preliminary=about.get("preliminary", False))
        except (RecsysError, KeyError, TypeError) as error:
            raise ArtifactError(f"{folder}: {error}") from error

    def _scores_of(self, users: Sequence[User]) -> Floats:
        """Scores of all films for each of these people; shape (n_users, n_films)."""
        if not users:
            raise InvalidData("a group needs one user or more")
        ranker = _needed(self._parts.ranker, "ranker")
        return np.stack([ranker.scores(_needed(user.vector, "ranker")) for user in users])

    def _seeds(self, movie_ids: Iterable[int]) -> Ints:
        seeds = np.unique(self.catalog.rows(list(movie_ids)))
        if not seeds.size:
            raise InvalidData("what should it be like? One movie id or more is needed")
        return seeds

    def _told(self, neighbours: Neighbours, seeds: Ints, rows: Ints, cosines: Floats) -> list[Similar]:
        names, movie_ids = self.catalog.genres, self.catalog.movie_ids
        return [
            Similar(
                int(movie_ids[row]),
                float(cosines[row]),
                likeness.because,
                tuple(names[column] for column in likeness.genres[:_TOLD_GENRES]),
            )
            for row, likeness in zip(rows, neighbours.explain(seeds, rows), strict=True)
        ]

    def _likeness(self, rows: Ints) -> Floats:
        """How alike films are, by who likes them and by genre, from 0 to 1; shape (n, n)."""
        factors = unit_rows(_needed(self._parts.ranker, "ranker").film_factors[rows])
        kinds = self._kinds[rows]
        return ((factors @ factors.T + kinds @ kinds.T) / 2).clip(0, 1).astype(np.float32)

    def _stars_of(self, user: User, rows: Ints) -> list[float | None]:
        if self._parts.stars is None or user.posterior is None:
            return [None] * len(rows)
        return [float(mean) for mean in self._parts.stars.predict_posterior(user.posterior, rows)[0]]

    def _checked_ratings(self, ratings: Mapping[int, float]) -> tuple[Ints, Floats]:
        """Rows in catalog order, so that the order in which ratings were given changes nothing."""
        rows = self.catalog.rows(list(ratings))
        values = np.fromiter(ratings.values(), np.float32, len(ratings))
        bad = ~((values >= MIN_STARS) & (values <= MAX_STARS))  # NaN is bad too
        if bad.any():
            raise InvalidData(f"{values[bad][0]} stars: they must lie between {MIN_STARS} and {MAX_STARS}")
        order = np.argsort(rows)
        return rows[order], values[order]

    def _features(self, answers: Mapping[str, int], picks: Iterable[Collection[int]]) -> Floats:
        """Genre answers and picked shelves as the priors take them."""
        row = np.zeros(len(self.catalog.genres), np.float32)
        for genre, answer in answers.items():
            if answer not in (-1, 0, 1):
                raise InvalidData(f"the answer for {genre} is {answer!r}: it must be -1, 0 or 1")
            row[self._narrowing.column(genre)] = answer
        shelves = [self.catalog.rows(list(pick)).tolist() for pick in picks]
        return answer_features(row, self._parts.shelves.answers(shelves))


def _needed(part: _Part | None, name: str) -> _Part:
    if part is None:
        raise MissingPart(f"this model was fitted without {name!r}; fit it with that part")
    return part


def _count(n: int) -> int:
    if n < 0:
        raise InvalidData(f"n is {n}: it must be 0 or more")
    return n


def _best(scores: Floats, candidates: Ints, n: int) -> Ints:
    """The `n` candidates with the highest scores, best first, ties in catalog order."""
    found = scores[candidates]
    if _count(n) < len(found):
        least = np.partition(found, len(found) - n)[len(found) - n] if n else np.inf
        candidates, found = candidates[found >= least], found[found >= least]
    return candidates[np.argsort(-found, kind="stable")[:n]]
