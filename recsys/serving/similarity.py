"""More like this: one vector per film, and the cosine between them.

A film's vector joins who chooses it (the ranker's factors), how people rate it (the stars' factors), its
genres and its years. Each part has length one and is scaled by the square root of its weight; so the cosine
of two films is a weighted mean of their parts' cosines, and says which part it comes from. What is learned
from ratings counts as far as there are any: a film with few leans on its genres and years, and what its row
lacks to length one goes to a dimension that is the film's own, in which it is like nothing else: a film that
one person rated cannot crowd the list of a well-known one.

The ranker's factors are flattened before: in the basis of their principal axes, each is divided by the square
root of its spread. The broadest axes part well-known films from the rest, the narrow ones a series
from its genre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recsys.arrays import AnyArray, Doubles, Floats, Ints, Reals
from recsys.data.content import unit_rows

# Between logistic fits to human judgements of pairs (2.1 : 1.9 : 1.4) and to shared tags (3.3 : 1 : 1.9).
_CHOICE_WEIGHT, _STARS_WEIGHT, _GENRE_WEIGHT, _YEAR_WEIGHT = 0.50, 0.20, 0.25, 0.05
_CHOICE_TRUSTED_AFTER, _STARS_TRUSTED_AFTER = 5, 10  # ratings at which a part has half its weight
_FLATNESS = 0.25  # exponent of a principal axis' squared spread; 0 leaves the factors as they are
_STARS_AXES = 32  # principal axes of the stars' vectors that are kept; only a network's have more
_CODES = 127  # steps from 0 to a row's largest number
_BLOCK = 2048  # rows that are unpacked at a time: they stay in the processor's cache

Because = Literal["lovers", "genres", "years"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Which part of a cosine is the largest, None where none is above 0; and the columns of the genres that
    add to it, the one that adds most first."""

    because: Because | None
    genres: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Vectors in one byte a number: row i is `scales[i] * codes[i]`, without the film's own dimension.

    `codes` has shape (n_films, sum of widths), `scales` (n_films,); `widths` are the columns of taste (choice
    and stars), genres and years.
    """

    codes: npt.NDArray[np.int8]
    scales: Floats
    widths: tuple[int, int, int]

    @classmethod
    def build(
        cls,
        film_factors: Floats,
        film_vectors: Floats | None,
        genres: Floats,
        years: Floats,
        counts: Floats,
    ) -> Neighbours:
        """From the ranker's factors, the stars' (None without stars: the others share their weight), idf
        genre vectors, year kernels and ratings per film, all with rows in catalog order."""
        total = _CHOICE_WEIGHT + _GENRE_WEIGHT + _YEAR_WEIGHT
        choice = _CHOICE_WEIGHT * counts / (counts + _CHOICE_TRUSTED_AFTER)
        taste = [_scaled(_flattened(film_factors), choice)]
        if film_vectors is not None:
            total += _STARS_WEIGHT
            stars = _STARS_WEIGHT * counts / (counts + _STARS_TRUSTED_AFTER)
            taste.append(_scaled(_along_axes(film_vectors)[0][:, -_STARS_AXES:], stars))
        content = [_scaled(genres, _GENRE_WEIGHT), _scaled(years, _YEAR_WEIGHT)]
        codes, scales = _packed(np.hstack([*taste, *content]) / np.sqrt(total))
        widths = (sum(part.shape[1] for part in taste), genres.shape[1], years.shape[1])
        return cls(codes, scales, widths)

    def extended(self, genres: Floats, years: Floats, *, stars: bool) -> Neighbours:
        """With films that nobody rated, by their genre vectors and year kernels; `stars` as it was built."""
        total = _CHOICE_WEIGHT + _GENRE_WEIGHT + _YEAR_WEIGHT + _STARS_WEIGHT * stars
        taste = np.zeros((len(genres), self.widths[0]))
        content = [_scaled(genres, _GENRE_WEIGHT), _scaled(years, _YEAR_WEIGHT)]
        codes, scales = _packed(np.hstack([taste, *content]) / np.sqrt(total))
        return Neighbours(
            np.concatenate([self.codes, codes]), np.concatenate([self.scales, scales]), self.widths
        )

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores."""
        return {"codes": self.codes, "scales": self.scales, "widths": np.array(self.widths)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Neighbours:
        """The inverse of `arrays`."""
        taste, genres, years = map(int, arrays["widths"])
        codes, scales = np.asarray(arrays["codes"], np.int8), np.asarray(arrays["scales"], np.float32)
        return cls(codes, scales, (taste, genres, years))

    def vectors(self, movie_rows: Ints) -> Floats:
        """The vectors of some films, without their own dimensions; shape (n, sum of widths)."""
        vectors: Floats = self.codes[movie_rows] * self.scales[movie_rows, None]
        return vectors

    def cosines(self, movie_rows: Ints) -> Floats:
        """Cosine of every film with the sum of the films at `movie_rows`, these apart; shape (n_films,)."""
        query, cosines = self._query(movie_rows), np.empty(len(self.codes), np.float32)
        unpacked = np.empty((_BLOCK, len(query)), np.float32)
        for start in range(0, len(cosines), _BLOCK):
            codes = self.codes[start : start + _BLOCK]
            unpacked[: len(codes)] = codes
            cosines[start : start + _BLOCK] = unpacked[: len(codes)] @ query
        return cosines * self.scales

    def explain(self, movie_rows: Ints, others: Ints) -> list[Likeness]:
        """Why each of `others` is like the films at `movie_rows`: shares of the parts in its cosine."""
        products = self.vectors(others) * self._query(movie_rows)
        taste, genres, years = np.split(products, np.cumsum(self.widths)[:2], axis=1)
        shares = np.stack([taste.sum(axis=1), genres.sum(axis=1), years.sum(axis=1)], axis=1)
        return [_likeness(share, row) for share, row in zip(shares, genres, strict=True)]

    def _query(self, movie_rows: Ints) -> Floats:
        """The sum of some vectors, scaled so that products with it are cosines."""
        seeds = self.vectors(movie_rows)
        total = seeds.sum(axis=0)
        own = len(seeds) - np.square(seeds).sum()  # squared length in the seeds' own dimensions
        query: Floats = total / np.sqrt(total @ total + own)
        return query


def _packed(vectors: Reals) -> tuple[npt.NDArray[np.int8], Floats]:
    """Codes and scales of vectors no longer than one."""
    largest = np.abs(vectors).max(axis=1)
    scales = np.where(largest > 0, largest, 1.0) / _CODES
    codes = np.rint(vectors / scales[:, None]).astype(np.int8)
    scales /= np.maximum(1, scales * np.linalg.norm(codes.astype(np.float32), axis=1))  # rounded above one
    return codes, scales.astype(np.float32)


def _scaled(part: Reals, weights: Floats | float) -> Floats:
    """Rows of length √weight, or zero."""
    scaled: Floats = unit_rows(part) * np.sqrt(np.broadcast_to(weights, len(part)))[:, None]
    return scaled


def _along_axes(vectors: Floats) -> tuple[Doubles, Doubles]:
    """Vectors along their principal axes, the broadest last, and the squared spread along each."""
    V = vectors.astype(np.float64)
    squared_spreads, axes = np.linalg.eigh(V.T @ V)
    return V @ axes, squared_spreads


def _flattened(factors: Floats) -> Doubles:
    """Factors along their principal axes, the broad ones made narrower."""
    along, squared_spreads = _along_axes(factors)
    floor = max(squared_spreads[-1], 1e-30) * 1e-9  # what is narrower is rounding
    flattened: Doubles = along * np.maximum(squared_spreads, floor) ** -_FLATNESS
    return flattened


def _likeness(shares: Floats, genres: Floats) -> Likeness:
    kinds: tuple[Because, ...] = ("lovers", "genres", "years")
    shared = np.argsort(-genres, kind="stable")[: np.count_nonzero(genres > 0)]
    because = kinds[shares.argmax()] if shares.max() > 0 else None
    return Likeness(because, tuple(int(column) for column in shared))
