"""A data set: ratings, and the films that they are about."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.data.catalog import Catalog
from recsys.data.ratings import Ratings


@dataclass(frozen=True, slots=True)
class Dataset:
    """Ratings, all of films of the catalog. `name` is the data set's name, or that of its folder or zip."""

    ratings: Ratings
    catalog: Catalog
    name: str
