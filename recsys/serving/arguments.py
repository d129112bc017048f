"""What callers hand to a recommender, checked, and by row number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from recsys.arrays import Floats, Ints
from recsys.data.catalog import Catalog
from recsys.data.narrowing import Narrowing
from recsys.data.ratings import MAX_STARS, MIN_STARS
from recsys.errors import InvalidData, MissingPart

_Part = TypeVar("_Part")


def needed(part: _Part | None, name: str) -> _Part:
    """The part. Raises MissingPart for None."""
    if part is None:
        raise MissingPart(f"this model was fitted without {name!r}; fit it with that part")
    return part


def count(n: int) -> int:
    """A number of films. Raises InvalidData below 0."""
    if n < 0:
        raise InvalidData(f"n is {n}: it must be 0 or more")
    return n


def ratings_by_row(catalog: Catalog, ratings: Mapping[int, float]) -> tuple[Ints, Floats]:
    """Rows and stars in catalog order, so that the order in which ratings were given changes nothing.

    Raises UnknownMovie, and InvalidData for stars out of range.
    """
    rows = catalog.rows(list(ratings))
    values = np.fromiter(ratings.values(), np.float32, len(ratings))
    bad = ~((values >= MIN_STARS) & (values <= MAX_STARS))  # NaN is bad too
    if bad.any():
        raise InvalidData(f"{values[bad][0]} stars: they must lie between {MIN_STARS} and {MAX_STARS}")
    order = np.argsort(rows)
    return rows[order], values[order]


def answers_by_genre(narrowing: Narrowing, n_genres: int, answers: Mapping[str, int]) -> Floats:
    """An answer in {-1, 0, 1} for each genre of the catalog, 0 for those not asked about; shape (n_genres,).

    Raises InvalidData for another genre or another answer.
    """
    row = np.zeros(n_genres, np.float32)
    for genre, answer in answers.items():
        if answer not in (-1, 0, 1):
            raise InvalidData(f"the answer for {genre} is {answer!r}: it must be -1, 0 or 1")
        row[narrowing.column(genre)] = answer
    return row
