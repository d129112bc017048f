"""What a fit learned, part by part, and its way into an artifact and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recsys.arrays import AnyArray, Floats, Ints
from recsys.config import RankerConfig, TrainingConfig
from recsys.data.catalog import Catalog
from recsys.data.content import genre_vectors, year_kernels
from recsys.errors import ArtifactError
from recsys.serving.elicitation import Elicitation
from recsys.serving.newcomers import Newcomers
from recsys.serving.newfilms import NewFilms
from recsys.serving.ranker import Ranker
from recsys.serving.shelves import Shelves
from recsys.serving.similarity import Neighbours
from recsys.serving.stars import DrawnStars, FactorStars, NetworkStars, Stars, StarsPosterior

# How each model's stars are served.
_PREDICTORS: dict[str, type[DrawnStars | FactorStars | NetworkStars]] = {
    "pmf": DrawnStars,
    "dot": FactorStars,
    "dot_bias": FactorStars,
    "nn": NetworkStars,
}


class _Stored(Protocol):
    def arrays(self) -> Mapping[str, AnyArray]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Parts that were not fitted are None.

    `user_ids` (n_users,) are the people in training, `popularity` (n_films,) the ratings per film.
    """

    user_ids: Ints
    popularity: Floats
    elicitation: Elicitation
    shelves: Shelves
    newcomers: Newcomers
    stars: Stars | None = None
    ranker: Ranker | None = None
    neighbours: Neighbours | None = None

    def fold_in(
        self, movie_rows: Ints, values: Floats, features: Floats, settings: RankerConfig
    ) -> tuple[Floats | None, StarsPosterior | None]:
        """A person's vector for the order, and what is known of their stars; None for a part not fitted.

        `features` are those of recsys.serving.answers. What the average person and the answers say fades with
        each rating; in the stars it is a prior, which fades by itself.
        """
        priors, vector, posterior = self.newcomers, None, None
        if self.ranker is not None and priors.ranker is not None:
            average, answered = (
                np.float32(np.exp(-len(movie_rows) / fade))
                for fade in (settings.crowd_fade, settings.prior_fade)
            )
            vector = self.ranker.fold_in(movie_rows, values)
            vector += average * priors.ranker.mean + answered * priors.ranker.shift(features)
        if self.stars is not None and priors.stars is not None:
            posterior = self.stars.fold_in(movie_rows, values, priors.stars.shift(features))
        return vector, posterior

    def extended(self, catalog: Catalog) -> Parts:
        """With the films of `catalog` that follow those known here, which nobody rated."""
        known = len(self.popularity)
        added = np.arange(known, len(catalog))
        neighbours = self.neighbours
        if neighbours is not None:
            genres, years = genre_vectors(catalog)[known:], year_kernels(catalog.part(added))
            neighbours = neighbours.extended(genres, years, stars=self.stars is not None)
        return replace(
            self._expecting(catalog, added),
            popularity=np.concatenate([self.popularity, np.zeros(len(added), self.popularity.dtype)]),
            shelves=self.shelves.extended(len(catalog)),
            neighbours=neighbours,
        )

    def completed(self, catalog: Catalog) -> Parts:
        """With what is expected of the films that nobody rated, whatever a fit made of them.

        Side information of pmf and iALS leaves them behind: theirs is of films that people know, too.
        """
        unrated = np.flatnonzero(self.popularity == 0)
        return self._expecting(catalog, unrated) if unrated.size else self

    def _expecting(self, catalog: Catalog, rows: Ints) -> Parts:
        """Stars and order of the films at `rows`, learned from what is known of the others."""
        stars, ranker = self.stars, self.ranker
        if stars is not None:
            stars = stars.with_films(NewFilms.for_stars(catalog, self.popularity, rows))
        if ranker is not None:
            ranker = ranker.with_films(NewFilms.for_order(catalog, self.popularity, rows))
        return replace(self, stars=stars, ranker=ranker)

    def arrays(self) -> dict[str, AnyArray]:
        """Every array under "part.name"."""
        flat: dict[str, AnyArray] = {"user_ids": self.user_ids, "popularity": self.popularity}
        parts: dict[str, _Stored | None] = {
            "elicitation": self.elicitation,
            "shelves": self.shelves,
            "newcomers": self.newcomers,
            "stars": self.stars,
            "ranker": self.ranker,
            "neighbours": self.neighbours,
        }
        for name, part in parts.items():
            if part is not None:
                flat |= {f"{name}.{key}": array for key, array in part.arrays().items()}
        return flat

    @classmethod
    def from_arrays(
        cls, flat: Mapping[str, AnyArray], config: TrainingConfig, *, n_films: int, n_genres: int
    ) -> Parts:
        """The inverse of `arrays`. Raises ArtifactError where the parts do not fit together."""
        groups: dict[str, dict[str, AnyArray]] = {}
        for name, array in flat.items():
            part, _, key = name.rpartition(".")
            groups.setdefault(part, {})[key] = array
        try:
            parts = cls(
                flat["user_ids"],
                flat["popularity"],
                Elicitation.from_arrays(groups["elicitation"]),
                Shelves.from_arrays(groups["shelves"]),
                Newcomers.from_arrays(groups["newcomers"]),
                _PREDICTORS[config.model].from_arrays(groups["stars"]) if "stars" in groups else None,
                Ranker.from_arrays(groups["ranker"], config.ranker) if "ranker" in groups else None,
                Neighbours.from_arrays(groups["neighbours"]) if "neighbours" in groups else None,
            )
        except KeyError as error:
            raise ArtifactError(f"the model has no array {error}") from error
        parts._fit_together(n_films, n_genres)
        return parts

    def _fit_together(self, n_films: int, n_genres: int) -> None:
        films = {"popularity": len(self.popularity), "shelves": len(self.shelves.cells)}
        asked = self.elicitation.seen
        if len(asked.films) and not 0 <= asked.films.min() <= asked.films.max() < n_films:
            raise ArtifactError(f"questions are about films that are not among {n_films}")
        widths = {"seen": asked.loadings.shape[1]}
        if self.stars is not None:
            films["stars"] = self.stars.n_movies
            if self.stars.n_users != len(self.user_ids):
                raise ArtifactError(f"stars know {self.stars.n_users} people of {len(self.user_ids)}")
            widths["stars"] = self.stars.fold_in([], []).mean.size
        if self.ranker is not None:
            films["ranker"] = len(self.ranker.film_factors)
            widths["ranker"] = self.ranker.width
        self.newcomers.fit_together(n_genres + len(self.shelves.shown), widths)
        if self.neighbours is not None:
            films["neighbours"] = len(self.neighbours.codes)
        for name, known in films.items():
            if known != n_films:
                raise ArtifactError(f"{name} knows {known} films, the catalog {n_films}")
