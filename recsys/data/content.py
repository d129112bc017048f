"""What is known of a film before anybody rates it, as numbers: genres and years."""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Ints, Mask, Reals
from recsys.data.catalog import Catalog

_YEAR_STEP = 5  # years between two kernels, and the width of each


def genre_matrix(catalog: Catalog) -> Mask:
    """Which film has which of `catalog.genres`; shape (n_films, n_genres). Other genres say nothing."""
    return genre_set_matrix(catalog)[catalog.film_genre_sets]


def genre_set_matrix(catalog: Catalog) -> Mask:
    """Which of `catalog.genre_sets` has which of `catalog.genres`; shape (n_genre_sets, n_genres)."""
    column = {genre: at for at, genre in enumerate(catalog.genres)}
    of_sets = np.zeros((len(catalog.genre_sets), len(column)), dtype=np.bool_)
    for at, genres in enumerate(catalog.genre_sets):
        of_sets[at, [column[genre] for genre in genres if genre in column]] = True
    return of_sets


class GenreVectors:
    """Genres weighted by how rare they are (idf), a vector of length one for each film, or zero without
    genres; rows of films are had by index, and kept once for all films of the same genres."""

    def __init__(self, catalog: Catalog) -> None:
        sets = genre_set_matrix(catalog)
        films = np.bincount(catalog.film_genre_sets, minlength=len(sets)) @ sets
        idf = np.log((1 + len(catalog)) / (1 + films)) + 1
        self._film_genre_sets, self._vectors = catalog.film_genre_sets, unit_rows(sets * idf)

    def __getitem__(self, movie_rows: Ints | slice) -> Floats:
        vectors: Floats = self._vectors[self._film_genre_sets[movie_rows]]
        return vectors


def genre_vectors(catalog: Catalog) -> Floats:
    """`GenreVectors` of all films; shape (n_films, n_genres)."""
    return GenreVectors(catalog)[:]


def year_kernels(catalog: Catalog) -> Floats:
    """Years in soft five-year steps, rows of sum one, or zero without a year; shape (n_films, n_steps).

    The steps go over `catalog.years`; a film from outside counts as one of the first or the last year.
    """
    years = catalog.film_years.astype(np.float64)
    known = years > 0
    steps = np.zeros((len(catalog), 0))
    first, last = catalog.years
    if last:
        centres = np.arange(first, last + _YEAR_STEP, _YEAR_STEP)
        steps = np.exp(-0.5 * ((years.clip(first, last)[:, None] - centres) / _YEAR_STEP) ** 2)
        steps *= known[:, None]
        steps[known] /= steps[known].sum(axis=1, keepdims=True)
    return steps.astype(np.float32)


def content_features(catalog: Catalog) -> Floats:
    """Genres, soft five-year steps and a constant; shape (n_films, n_features)."""
    constant = np.ones((len(catalog), 1))
    return np.hstack([genre_matrix(catalog), year_kernels(catalog), constant]).astype(np.float32)


def unit_rows(matrix: Reals) -> Floats:
    """Rows scaled to length one; rows of zeros stay so."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)
