"""What a recommender replies: a person folded in, a film recommended, a film like another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recsys.arrays import Floats
from recsys.serving.similarity import Because
from recsys.serving.stars import StarsPosterior


@dataclass(frozen=True, slots=True, eq=False)
class User:
    """A person folded in: what they said, and what this recommender makes of it. Build with `fold_in`.

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
