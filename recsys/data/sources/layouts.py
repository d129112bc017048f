"""The forms in which MovieLens ratings come, recognised by the files that are there."""

from __future__ import annotations

from pathlib import Path

from recsys.data.catalog import Catalog, Film
from recsys.data.ratings import Ratings
from recsys.data.sources.bundle import Bundle, open_bundle
from recsys.data.sources.film_files import (
    read_films_csv,
    read_films_dat,
    read_films_recbole,
    read_films_u_item,
)
from recsys.data.sources.ratings_files import RatingsForm, read_ratings
from recsys.errors import RecsysError

_CSV = frozenset({"ratings.csv", "movies.csv"})
_ML_100K = frozenset({"u.data", "u.item", "u.genre"})
_DAT = frozenset({"ratings.dat", "movies.dat"})
_EXPECTED = (
    "ratings.csv + movies.csv, u.data + u.item + u.genre, ratings.dat + movies.dat or *.inter + *.item"
)


def read_data_set(path: Path) -> tuple[Ratings, Catalog]:
    """Ratings and films of a folder or zip.

    `Catalog.source` is the name of the folder or zip; ml-100k has one name in GroupLens's and in RecBole's
    layout, so that both copies give one fingerprint. Raises InvalidData with file, line and what was
    expected, and DataUnavailable when nothing is at `path`.
    """
    with open_bundle(path, _is_layout, _EXPECTED) as bundle:
        ratings_file, form, films = _recognise(bundle)
        catalog = Catalog(films, _source(bundle))
        return read_ratings(bundle, ratings_file, form, catalog), catalog


def source_of(path: Path) -> str:
    """What `Catalog.source` of a folder or zip is, without reading it. Raises as `read_data_set`."""
    with open_bundle(path, _is_layout, _EXPECTED) as bundle:
        return _source(bundle)


def read_catalog(path: Path) -> Catalog:
    """The films of a folder or zip, without its ratings: its fingerprint is that of the whole data set.

    Raises as `read_data_set`.
    """
    with open_bundle(path, _is_layout, _EXPECTED) as bundle:
        _, _, films = _recognise(bundle)
        return Catalog(films, _source(bundle))


def holds_data_set(path: Path) -> bool:
    """Whether there is a folder or zip in a known layout; its files may still be faulty."""
    try:
        with open_bundle(path, _is_layout, _EXPECTED):
            return True
    except RecsysError:
        return False


def _is_layout(names: frozenset[str]) -> bool:
    atomic = any(name.endswith(".inter") for name in names) and any(name.endswith(".item") for name in names)
    return names >= _CSV or names >= _ML_100K or names >= _DAT or atomic


def _source(bundle: Bundle) -> str:
    if bundle.names >= _CSV or bundle.names >= _DAT:
        return bundle.stem
    return "ml-100k" if bundle.names >= _ML_100K else _atomic(bundle, ".inter").removesuffix(".inter")


def _recognise(bundle: Bundle) -> tuple[str, RatingsForm, list[Film]]:
    if bundle.names >= _CSV:
        return "ratings.csv", RatingsForm(",", header=True), read_films_csv(bundle)
    if bundle.names >= _ML_100K:
        return "u.data", RatingsForm("\t", header=False), read_films_u_item(bundle)
    if bundle.names >= _DAT:
        return "ratings.dat", RatingsForm("::", header=False), read_films_dat(bundle)
    films = read_films_recbole(bundle, _atomic(bundle, ".item"))
    return _atomic(bundle, ".inter"), RatingsForm("\t", header=True), films


def _atomic(bundle: Bundle, suffix: str) -> str:
    return min(name for name in bundle.names if name.endswith(suffix))
