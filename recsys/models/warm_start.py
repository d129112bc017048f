"""Where a fine-tuning begins: what a former fit serves, by the rows of this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from recsys.arrays import Floats, Ints, Mask
from recsys.config import RankerConfig, TrainingConfig
from recsys.data.catalog import Catalog
from recsys.data.rows import Rows
from recsys.errors import InvalidData
from recsys.recommender import Recommender
from recsys.serving.answers import AnswerPrior
from recsys.serving.ease import Ease
from recsys.serving.parts import Parts
from recsys.serving.seen import Seen
from recsys.serving.shelves import Shelves
from recsys.serving.stars import UNSEEN, DrawnStars, FactorStars, NetworkStars, Stars

_GROWN = 1.5  # times the ratings of before: then questions and shelves are made anew

_Predictor = TypeVar("_Predictor", FactorStars, DrawnStars, NetworkStars)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """What newcomers are asked and shown, and `order`: what their answers add to the ranker's factors, in the
    basis of the former fit, None without a ranker."""

    seen: Seen
    shelves: Shelves
    order: AnswerPrior | None


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """`known_films` (n_films,) says which films the former fit knew, `counts` (n_films,) its ratings of each.

    None: this fit leaves that part out, or makes it anew.
    """

    stars: Stars | None
    film_factors: Floats | None  # (n_films, n_factors) of the ranker; zeros where not known
    known_films: Mask
    counts: Floats
    questions: Questions | None
    ease: Ease | None

    def predictor(self, kind: type[_Predictor]) -> _Predictor | None:
        """The stars to go on from. Raises InvalidData for those of another kind of model."""
        if self.stars is None or isinstance(self.stars, kind):
            return self.stars
        raise InvalidData(f"start: its stars are {type(self.stars).__name__}, not {kind.__name__}")


def start_from(
    start: Recommender, rows: Rows, user_ids: Ints, catalog: Catalog, config: TrainingConfig
) -> Start:
    """People and films are matched by id; who is new is folded in. Raises InvalidData for another kind."""
    _check(start, config)
    users = _rows_among(start.user_ids, user_ids)
    movies = _rows_among(start.catalog.movie_ids, catalog.movie_ids)
    stars = factors = None
    if "stars" in config.parts:
        stars = _with_newcomers(start.stars.renumbered(users, movies), rows, users == UNSEEN)
    if "ranker" in config.parts or "similar" in config.parts:
        factors = start.ranker.film_factors[movies]
        factors[movies == UNSEEN] = 0
    counts = start.popularity[movies]
    counts[movies == UNSEEN] = 0
    questions = None
    places = _rows_among(catalog.movie_ids, start.catalog.movie_ids)
    ease = None if factors is None else _ease(start.ranker.ease, places, rows, config.ranker)
    if start.catalog.genres == catalog.genres:
        questions = _questions(start.parts, places, rows)
    return Start(stars, factors, movies != UNSEEN, counts, questions, ease)


def _questions(parts: Parts, places: Ints, rows: Rows) -> Questions | None:
    """Those of a former fit, its films now at the rows `places`; None where one of theirs is gone, or much
    has come."""
    seen, shelves = parts.elicitation.seen, parts.shelves
    used = [*seen.films.tolist(), *(film for shelf in shelves.shown for film in shelf)]
    if (places[used] == UNSEEN).any() or len(rows) > _GROWN * parts.popularity.sum():
        return None
    counts = np.bincount(rows.movies, minlength=rows.n_movies)
    order = None
    if parts.ranker is not None and parts.newcomers.ranker is not None:
        order = parts.newcomers.ranker.first(len(parts.ranker.gram))
    return Questions(
        seen.renumbered(places, counts, rows.n_users), shelves.renumbered(places, rows.n_movies), order
    )


def _ease(former: Ease, places: Ints, rows: Rows, settings: RankerConfig) -> Ease | None:
    """That of a former fit, its films now at the rows `places`; None where one is gone, where many ratings
    have come since it was learned, or where some were taken away, which must not speak any longer."""
    if (places[former.movie_rows] == UNSEEN).any():
        return None
    counts = np.bincount(rows.movies, minlength=rows.n_movies)[places[former.movie_rows]]
    if (counts < former.counts).any() or counts.sum() > settings.refit_ease * former.counts.sum():
        return None
    return former.renumbered(places, rows.n_movies)


def _check(start: Recommender, config: TrainingConfig) -> None:
    """Raises InvalidData unless each part that is wanted can go on from `start`."""
    there, wanted = start.config, set(config.parts) - {"similar"}
    if "similar" in config.parts:
        wanted.add("ranker")  # whose factors the neighbours are made of
    for part in sorted(wanted - set(there.parts)):
        raise InvalidData(f"start: it was fitted without {part}, so that there is nothing to go on from")
    if "stars" in wanted:
        if there.model != config.model:
            raise InvalidData(
                f"start is of model {there.model!r}, config asks for {config.model!r}: fit in full"
            )
        name, size = _size(start.stars)
        asked = getattr(getattr(config, config.model), name)
        if size != asked:
            raise InvalidData(f"start has {size} {name}, config.{config.model} asks for {asked}: fit in full")
    if "ranker" in wanted and start.ranker.film_factors.shape[1] != config.ranker.factors:
        raise InvalidData(
            f"start has {start.ranker.film_factors.shape[1]} factors in its ranker, "
            f"config.ranker asks for {config.ranker.factors}: fit in full"
        )


def _size(stars: Stars) -> tuple[str, object]:
    """The setting that decides how wide its vectors are, and its value. Raises InvalidData."""
    if isinstance(stars, NetworkStars):
        return "layers", stars.net.widths
    if isinstance(stars, FactorStars | DrawnStars):
        return "factors", int(stars.movie_factors.shape[-1])
    raise InvalidData(f"start: nothing goes on from {type(stars).__name__}")


def _rows_among(ids: Ints, wanted: Ints) -> Ints:
    """Where each of `wanted` (n,) is among `ids`, both unique; UNSEEN where it is not. Shape (n,)."""
    found = np.full(len(wanted), UNSEEN)
    _, rows, places = np.intersect1d(wanted, ids, assume_unique=True, return_indices=True)
    found[rows] = places
    return found


def _with_newcomers(stars: Stars, rows: Rows, new: Mask) -> Stars:
    """Whoever is `new` (n_users,) is folded in: a few steps would not take them there from the average."""
    users = np.flatnonzero(new)
    if not users.size:
        return stars
    ends = np.searchsorted(rows.users, [users, users + 1])
    vectors = [
        stars.fold_in(rows.movies[begin:end], rows.values[begin:end]).mean.ravel() for begin, end in ends.T
    ]
    return stars.placed(users, np.stack(vectors))
