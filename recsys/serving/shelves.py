"""Shelves: a few well-known films that the same people know and that are of a kind, to point at.

After Chang, Harper and Terveen, *Using Groups of Items for Preference Elicitation in Recommender Systems*,
CSCW 2015. A shelf is the face of a cell: all candidates whose vector is nearest to the same centre. What a
pick says is learned from people in training who point at the shelves whose cells they like
(recsys.serving.answers).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from recsys.arrays import AnyArray, Floats, Ints, Mask
from recsys.data.content import unit_rows
from recsys.serving.seen import Seen

_SHELVES = 8  # at most; a screen of a phone
SHOWN = 4  # films on a shelf at most
_BEST_KNOWN = 300  # best-known films, of which shelves are made
_KIND_WEIGHT = 0.7  # of genres, where who knows the film has weight 1
_ROUNDS = 30  # of k-means; it settles sooner


@dataclass(frozen=True, slots=True)
class Shelf:
    """Films that go together, best known first."""

    movie_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """`cells` (n_films,) says in which cell a film is, -1 for none; `shown` are the rows on each shelf."""

    cells: Ints
    shown: tuple[tuple[int, ...], ...]

    @classmethod
    def build(cls, seen: Seen, kinds: Floats) -> Shelves:
        """From who knows what, and genre vectors (n_films, m) of length one; the same every time."""
        cells = np.full(len(kinds), -1, np.int64)
        if not len(seen.films):
            return cls(cells, ())
        own = kinds[seen.films]
        taste = unit_rows(seen.loadings - seen.loadings.mean(axis=0))
        vectors = unit_rows(np.hstack([taste, _KIND_WEIGHT * (own - own.mean(axis=0))]))
        centres = _centres(vectors[:_BEST_KNOWN], min(_SHELVES, -(-len(vectors[:_BEST_KNOWN]) // SHOWN)))
        # A cell without films is no shelf: centres coincide where films do not differ.
        centres = centres[np.unique(np.argmax(vectors[:_BEST_KNOWN] @ centres.T, axis=1))]
        nearest = np.argmax(vectors @ centres.T, axis=1)
        shown = []
        for cell, centre in enumerate(centres):
            inside = np.flatnonzero(nearest[:_BEST_KNOWN] == cell)
            typical = np.maximum(vectors[inside] @ centre, 0) * seen.share[inside]
            face = inside[np.argsort(-typical, kind="stable")[:SHOWN]]
            shown.append(tuple(seen.films[np.sort(face)].tolist()))
        cells[seen.films] = nearest
        return cls(cells, tuple(shown))

    def arrays(self) -> dict[str, AnyArray]:
        """What an artifact stores; -1 where a shelf has fewer films than the fullest."""
        shown = np.full((len(self.shown), SHOWN), -1, np.int64)
        for row, films in enumerate(self.shown):
            shown[row, : len(films)] = films
        return {"cells": self.cells, "shown": shown}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Shelves:
        """The inverse of `arrays`."""
        shown = np.asarray(arrays["shown"], np.int64)
        return cls(
            np.asarray(arrays["cells"], np.int64), tuple(tuple(row[row >= 0].tolist()) for row in shown)
        )

    def renumbered(self, places: Ints, n_films: int) -> Shelves:
        """The same shelves, old films at the rows `places` (old n_films,), below 0 for one that is gone."""
        cells = np.full(n_films, -1, np.int64)
        kept = places >= 0
        cells[places[kept]] = self.cells[kept]
        return Shelves(cells, tuple(tuple(places[list(films)].tolist()) for films in self.shown))

    def extended(self, n_films: int) -> Shelves:
        """The same shelves, in a catalog of `n_films` whose first films are those of this one."""
        outside = np.full(n_films - len(self.cells), -1, np.int64)
        return replace(self, cells=np.concatenate([self.cells, outside]))

    def membership(self) -> Mask:
        """Which film is in which cell; shape (n_films, n_shelves)."""
        inside: Mask = self.cells[:, None] == np.arange(len(self.shown))
        return inside

    def answers(self, picks: Iterable[Collection[int]]) -> Floats:
        """What shelves that were picked, as rows of films, say of each cell; shape (n_shelves,).

        A pick adds 1, shared among the cells in which its films are now: they may come from another model,
        whose shelves were others.
        """
        found = np.zeros(len(self.shown), np.float32)
        for films in picks:
            cells = self.cells[list(films)]
            cells = cells[cells >= 0]
            if cells.size:
                found += np.bincount(cells, minlength=len(found)) / np.float32(cells.size)
        return found


def _centres(vectors: Floats, n: int) -> Floats:
    """Centres of `n` clusters of unit vectors: k-means that starts from the first and then the farthest."""
    chosen = [0]
    distance = 1 - vectors @ vectors[0]
    while len(chosen) < n:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, 1 - vectors @ vectors[chosen[-1]])
    centres = vectors[chosen]
    for _ in range(_ROUNDS):
        nearest = np.argmax(vectors @ centres.T, axis=1)
        sums = [vectors[nearest == cell].sum(axis=0) for cell in range(n)]
        moved = unit_rows(
            np.stack([own if own.any() else old for own, old in zip(sums, centres, strict=True)])
        )
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres
