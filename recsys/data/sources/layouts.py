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

# GroupLens's names, and Kaggle's for the same files.
_RATINGS_CSV, _MOVIES_CSV, _LINKS_CSV = (
    ("ratings.csv", "rating.csv"),
    ("movies.csv", "movie.csv"),
    ("links.csv", "link.csv"),
)
_ML_100K = frozenset({"u.data", "u.item", "u.genre"})
_DAT = frozenset({"ratings.dat", "movies.dat"})
_EXPECTED = (
    "ratings.csv + movies.csv, u.data + u.item + u.genre, ratings.dat + movies.dat or *.inter + *.item"
)


def read_data_set(path: Path, scale: int = 5) -> tuple[Ratings, Catalog]:
    """Ratings and films of a folder or zip; ratings go up to `scale`, 5 or 10.

    `Catalog.source` is the name of the folder or zip; ml-100k has one name in GroupLens's and in RecBole's
    layout, so that both copies give one fingerprint. Raises InvalidData with file, line and what was
    expected, and DataUnavailable when nothing is at `path`.
    """
    with open_bundle(path, _is_layout, _EXPECTED) as bundle:
        ratings_file, form, films = _recognise(bundle)
        catalog = Catalog(films, _source(bundle))
        return read_ratings(bundle, ratings_file, form, catalog, scale), catalog


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
    return _is_csv(names) or names >= _ML_100K or names >= _DAT or atomic


def _is_csv(names: frozenset[str]) -> bool:
    return bool(_named(names, _RATINGS_CSV) and _named(names, _MOVIES_CSV))


def _named(names: frozenset[str], wanted: tuple[str, ...]) -> str | None:
    """The first of the wanted names that is there, in the case in which it is written."""
    written = {name.casefold(): name for name in sorted(names, reverse=True)}
    return next((written[name] for name in wanted if name in written), None)


def _source(bundle: Bundle) -> str:
    if _is_csv(bundle.names) or bundle.names >= _DAT:
        return bundle.stem
    return "ml-100k" if bundle.names >= _ML_100K else _atomic(bundle, ".inter").removesuffix(".inter")


def _recognise(bundle: Bundle) -> tuple[str, RatingsForm, list[Film]]:
    ratings, movies = _named(bundle.names, _RATINGS_CSV), _named(bundle.names, _MOVIES_CSV)
    if ratings and movies:
        films = read_films_csv(bundle, movies, _named(bundle.names, _LINKS_CSV))
        return ratings, RatingsForm(",", header=True), films
    if bundle.names >= _ML_100K:
        return "u.data", RatingsForm("\t", header=False), read_films_u_item(bundle)
    if bundle.names >= _DAT:
        return "ratings.dat", RatingsForm("::", header=False), read_films_dat(bundle)
    films = read_films_recbole(bundle, _atomic(bundle, ".item"))
    return _atomic(bundle, ".inter"), RatingsForm("\t", header=True), films


def _atomic(bundle: Bundle, suffix: str) -> str:
    return min(name for name in bundle.names if name.endswith(suffix))
