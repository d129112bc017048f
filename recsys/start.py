"""Where a fine-tuning begins: what a former fit serves, by the rows of this one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.catalog import Catalog
from recsys.config import TrainingConfig
from recsys.errors import InvalidData
from recsys.ranker import FloatArray, IntArray
from recsys.recommender import Recommender
from recsys.rows import Rows
from recsys.stars import UNSEEN, DrawnStars, FactorStars, NetworkStars, Stars

__all__ = ["Start", "start_from"]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """`known_films` (n_films,) says which films the former fit knew. None: this fit leaves that part out."""

    stars: Stars | None
    film_factors: FloatArray | None  # (n_films, n_factors) of the ranker; zeros where not known
    known_films: npt.NDArray[np.bool_]


def start_from(
    start: Recommender, rows: Rows, user_ids: IntArray, catalog: Catalog, config: TrainingConfig
) -> Start:
    """People and films are matched by id; who is new is folded in. Raises InvalidData for another kind."""
    _check(start, config)
    users, movies = (
        _rows_there(start.user_ids, user_ids),
        _rows_there(start.catalog.movie_ids, catalog.movie_ids),
    )
    stars = factors = None
    if "stars" in config.parts:
        stars = _with_newcomers(start.stars.renumbered(users, movies), rows, users == UNSEEN)
    if "ranker" in config.parts or "similar" in config.parts:
        factors = start.ranker.film_factors[movies]
        factors[movies == UNSEEN] = 0
    return Start(stars, factors, movies != UNSEEN)


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
        name, size = (
            ("layers", _layers(start.stars)) if config.model == "nn" else ("factors", _factors(start.stars))
        )
        asked = getattr(getattr(config, config.model), name)
        if size != asked:
            raise InvalidData(f"start has {size} {name}, config.{config.model} asks for {asked}: fit in full")
    if "ranker" in wanted and start.ranker.film_factors.shape[1] != config.ranker.factors:
        raise InvalidData(
            f"start has {start.ranker.film_factors.shape[1]} factors in its ranker, "
            f"config.ranker asks for {config.ranker.factors}: fit in full"
        )


def _factors(stars: Stars) -> int:
    assert isinstance(stars, FactorStars | DrawnStars)
    return int(stars.movie_factors.shape[-1])


def _layers(stars: Stars) -> tuple[int, ...]:
    assert isinstance(stars, NetworkStars)
    return stars.net.widths


def _rows_there(there: IntArray, here: IntArray) -> IntArray:
    """Rows among the ids `there` (unique) of those `here`, UNSEEN for others; shape (len(here),)."""
    found = np.full(len(here), UNSEEN)
    _, rows, rows_there = np.intersect1d(here, there, assume_unique=True, return_indices=True)
    found[rows] = rows_there
    return found


def _with_newcomers(stars: Stars, rows: Rows, new: npt.NDArray[np.bool_]) -> Stars:
    """Whoever is `new` (n_users,) is folded in: a few steps would not take them there from the average."""
    users = np.flatnonzero(new)
    if not users.size:
        return stars
    ends = np.searchsorted(rows.users, [users, users + 1])
    vectors = [
        stars.fold_in(rows.movies[begin:end], rows.values[begin:end]).mean.ravel() for begin, end in ends.T
    ]
    return stars.placed(users, np.stack(vectors))
