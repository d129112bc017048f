"""What a fit learned, part by part, and its way into an artifact and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recsys.config import TrainingConfig
from recsys.elicitation import Elicitation
from recsys.errors import ArtifactError
from recsys.prior import GenrePrior
from recsys.ranker import Ranker
from recsys.similarity import Neighbours
from recsys.stars import FactorStars, Stars

__all__ = ["Parts"]

_PREDICTORS = {"dot_bias": FactorStars}  # how the stars of each model are served


class _Stored(Protocol):
    def arrays(self) -> Mapping[str, npt.NDArray[Any]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Parts that were not fitted are None; the genre prior comes with the ranker.

    `user_ids` (n_users,) are the people in training, `popularity` (n_films,) the ratings per film.
    """

    user_ids: npt.NDArray[np.int64]
    popularity: npt.NDArray[np.float32]
    elicitation: Elicitation
    stars: Stars | None = None
    ranker: Ranker | None = None
    prior: GenrePrior | None = None
    neighbours: Neighbours | None = None

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Every array under "part.name"."""
        flat: dict[str, npt.NDArray[Any]] = {"user_ids": self.user_ids, "popularity": self.popularity}
        parts: dict[str, _Stored | None] = {
            "elicitation": self.elicitation,
            "stars": self.stars,
            "ranker": self.ranker,
            "prior": self.prior,
            "neighbours": self.neighbours,
        }
        for name, part in parts.items():
            if part is not None:
                flat |= {f"{name}.{key}": array for key, array in part.arrays().items()}
        return flat

    @classmethod
    def from_arrays(
        cls, flat: Mapping[str, npt.NDArray[Any]], config: TrainingConfig, *, n_films: int, n_genres: int
    ) -> Parts:
        """The inverse of `arrays`. Raises ArtifactError where the parts do not fit together."""
        groups: dict[str, dict[str, npt.NDArray[Any]]] = {}
        for name, array in flat.items():
            part, _, key = name.rpartition(".")
            groups.setdefault(part, {})[key] = array
        try:
            parts = cls(
                flat["user_ids"],
                flat["popularity"],
                Elicitation.from_arrays(groups["elicitation"]),
                _PREDICTORS[config.model].from_arrays(groups["stars"]) if "stars" in groups else None,
                Ranker.from_arrays(groups["ranker"], config.ranker) if "ranker" in groups else None,
                GenrePrior.from_arrays(groups["prior"]) if "ranker" in groups else None,
                Neighbours.from_arrays(groups["neighbours"]) if "neighbours" in groups else None,
            )
        except KeyError as error:
            raise ArtifactError(f"the model has no array {error}") from error
        parts._fit_together(n_films, n_genres)
        return parts

    def _fit_together(self, n_films: int, n_genres: int) -> None:
        films = {"popularity": len(self.popularity), "elicitation": len(self.elicitation.worth)}
        if self.stars is not None:
            films["stars"] = self.stars.n_movies
            if self.stars.n_users != len(self.user_ids):
                raise ArtifactError(f"stars know {self.stars.n_users} people of {len(self.user_ids)}")
        if self.ranker is not None and self.prior is not None:
            films["ranker"] = len(self.ranker.film_factors)
            expected = (n_genres, len(self.ranker.gram))
            if self.prior.weights.shape != expected or self.prior.mean.shape != expected[1:]:
                raise ArtifactError(f"the genre prior has shape {self.prior.weights.shape}, not {expected}")
        if self.neighbours is not None:
            films["neighbours"] = len(self.neighbours.vectors)
        for name, known in films.items():
            if known != n_films:
                raise ArtifactError(f"{name} knows {known} films, the catalog {n_films}")
