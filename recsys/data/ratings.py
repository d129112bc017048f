"""Who gave what how many stars: the one data object that fits, splits and metrics accept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recsys.arrays import Floats, Ints
from recsys.errors import InvalidData

MIN_STARS = 0.5
MAX_STARS = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Parallel arrays of shape (n,), in the order of their source. Build with `from_arrays`.

    `values` are stars in [0.5, 5]; `timestamps` are Unix seconds, 0 where unknown.
    A person rates a movie at most once.
    """

    user_ids: Ints
    movie_ids: Ints
    values: Floats
    timestamps: Ints

    @classmethod
    def from_arrays(
        cls,
        user_ids: npt.ArrayLike,
        movie_ids: npt.ArrayLike,
        values: npt.ArrayLike,
        timestamps: npt.ArrayLike | None = None,
    ) -> Ratings:
        """Validate and freeze. Raises InvalidData with the position of the first fault."""
        users = _integers(user_ids, "user_ids")
        movies = _integers(movie_ids, "movie_ids")
        try:
            stars = np.array(values, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InvalidData("values must be numbers of stars") from error
        times = np.zeros(len(users), np.int64) if timestamps is None else _integers(timestamps, "timestamps")
        for name, column in (("movie_ids", movies), ("values", stars), ("timestamps", times)):
            if column.shape != users.shape:
                raise InvalidData(f"{name} has shape {column.shape}, user_ids has {users.shape}")
        bad = np.flatnonzero(~((stars >= MIN_STARS) & (stars <= MAX_STARS)))  # NaN is bad too
        if bad.size:
            at = int(bad[0])
            raise InvalidData(
                f"values[{at}] is {stars[at]}: stars must lie between {MIN_STARS} and {MAX_STARS}"
            )
        twice = first_repeat(users, movies)
        if twice is not None:
            raise InvalidData(
                f"row {twice}: user {int(users[twice])} rates movie {int(movies[twice])} a second time"
            )
        for column in (users, movies, stars, times):
            column.setflags(write=False)
        return cls(users, movies, stars, times)

    def __len__(self) -> int:
        return int(self.values.size)

    def take(self, rows: npt.ArrayLike) -> Ratings:
        """The ratings at `rows` (positions or a boolean mask), in that order."""
        at = np.asarray(rows)
        if not at.size:
            at = at.astype(np.int64)  # an empty list makes an array of floats
        return Ratings(self.user_ids[at], self.movie_ids[at], self.values[at], self.timestamps[at])

    def people(self) -> Ints:
        """Ids of everybody who rated something, ascending."""
        return np.unique(self.user_ids)


def _integers(values: npt.ArrayLike, name: str) -> Ints:
    array = np.asarray(values)
    if array.ndim != 1:
        raise InvalidData(f"{name} must have one dimension, it has {array.ndim}")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise InvalidData(f"{name} must be integers, they are {array.dtype}")
    return array.astype(np.int64, copy=True)


def first_repeat(users: Ints, movies: Ints) -> int | None:
    """The first position at which somebody rates a movie a second time; None where nobody does."""
    if not len(users):
        return None
    # One key a pair sorts several times faster than two columns, on millions of ratings.
    span = int(movies.max()) - int(movies.min()) + 1
    if (int(users.max()) - int(users.min()) + 1) * span < 2**63:
        keys = (users - users.min()) * span + (movies - movies.min())
        order = np.argsort(keys, kind="stable")
        same = np.diff(keys[order]) == 0
    else:
        order = np.lexsort((movies, users))
        same = (np.diff(users[order]) == 0) & (np.diff(movies[order]) == 0)
    return int(order[1:][same].min()) if same.any() else None
