"""What is known of a film before anybody rates it, as numbers: genres and years."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recsys.catalog import Catalog

__all__ = ["content_features", "film_years", "genre_matrix", "genre_vectors", "unit_rows"]

FloatArray = npt.NDArray[np.float32]

YEAR_STEP = 5  # years between two kernels, and the width of each


def genre_matrix(catalog: Catalog) -> npt.NDArray[np.bool_]:
    """Which film has which genre; shape (n_films, n_genres), columns as in `catalog.genres`."""
    column = {genre: at for at, genre in enumerate(catalog.genres)}
    matrix = np.zeros((len(catalog), len(column)), dtype=np.bool_)
    pairs = [(row, column[genre]) for row, film in enumerate(catalog) for genre in film.genres]
    if pairs:  # all at once: film by film takes a second of 87,000
        matrix[tuple(np.array(pairs).T)] = True
    return matrix


def film_years(catalog: Catalog) -> npt.NDArray[np.int64]:
    """Years in catalog order, 0 where unknown; shape (n_films,)."""
    return np.array([film.year or 0 for film in catalog], dtype=np.int64)


def genre_vectors(catalog: Catalog) -> FloatArray:
    """Genres weighted by how rare they are (idf), rows of length one, or zero without genres."""
    genres = genre_matrix(catalog)
    idf = np.log((1 + len(catalog)) / (1 + genres.sum(axis=0))) + 1
    return unit_rows(genres * idf)


def content_features(catalog: Catalog) -> FloatArray:
    """Genres, soft five-year steps and a constant; shape (n_films, n_features)."""
    years = film_years(catalog).astype(np.float64)
    known = years > 0
    steps = np.zeros((len(catalog), 0))
    if known.any():
        centres = np.arange(years[known].min(), years[known].max() + YEAR_STEP, YEAR_STEP)
        steps = np.exp(-0.5 * ((years[:, None] - centres) / YEAR_STEP) ** 2)
        steps[known] /= steps[known].sum(axis=1, keepdims=True)
    return np.hstack([genre_matrix(catalog), steps, np.ones((len(catalog), 1))]).astype(np.float32)


def unit_rows(matrix: npt.NDArray[np.floating]) -> FloatArray:
    """Rows scaled to length one; rows of zeros stay so."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)
