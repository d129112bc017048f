"""A list of films that somebody made: CSV with a header, one film a line, no ratings.

Columns by name: title, and if they are there year, genres, imdbId, tmdbId, alternatives. Without a column for
the year it stands behind the title, as in MovieLens's movies.csv, which is such a list, too. So are what IMDb
exports (ratings, watchlist, lists), whose series are left out, and what Letterboxd does.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from recsys.data.catalog import Film
from recsys.data.sources.cataloguing import parse_genres, parse_title, year_of
from recsys.data.sources.headers import header_positions
from recsys.data.sources.tables import Row, as_text, table_rows
from recsys.errors import DataUnavailable, InvalidData

_COLUMNS = {
    "title": ("title", "name"),
    "year": ("year", "releaseYear"),
    "genres": ("genres", "genre"),
    "imdbId": ("imdbId", "const"),
    "tmdbId": ("tmdbId",),
    "alternatives": ("alternatives",),
    "originalTitle": ("originalTitle",),
    "titleType": ("titleType",),
}
_OPTIONAL = tuple(name for name in _COLUMNS if name != "title")
_BETWEEN_GENRES = re.compile(r"\s*[|;,]\s*")
_BETWEEN_TITLES = re.compile(r"\s*[|;]\s*")  # titles have commas of their own
_NUMBER = re.compile(r"(?:tt)?(\d{1,12})(?:\.0*)?", re.ASCII)
# Also 2016.0 and 2006-2007.
_YEAR = re.compile(r"(\d{4})(?:\.0*|\s*[-\u2013\u2014]\s*(?:\d{4})?)?", re.ASCII)
_NO_YEAR = {"", "????"}  # the second is IMDb's
# IMDb's types that are no films, in whatever language: TV Series, Serie TV, Folge, Videospiel, …
_NO_FILM = re.compile(r"seri|epis|folge|game|spiel|jeu|juego|gioco|jogo|podcast")
_LARGEST = 1 << 26  # bytes


@dataclass(frozen=True, slots=True)
class FilmList:
    """The films of a list, and how many series, episodes and games were left out of it.

    `exported`: by IMDb, whose genres are its own; they were not chosen for this catalog.
    """

    films: tuple[Film, ...]
    left_out: int = 0
    exported: bool = False


def read_film_list(path: Path) -> FilmList:
    """The films of a list: UTF-8, or what older programs of Windows write (cp1252). No data set numbers them:
    a film's `movie_id` is its line, counted from 1 with the header, below 0, until it gets another.

    Raises DataUnavailable without a file, InvalidData that names the line.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise DataUnavailable(f"{path}: cannot be read ({error.strerror})") from error
    if len(raw) > _LARGEST:
        raise InvalidData(f"{path}: expected a list of films, the file has more than {_LARGEST:,} bytes")
    rows = table_rows(as_text(raw, str(path), "cp1252"), str(path))
    header = next(rows, None)
    if header is None:
        raise InvalidData(f"{path}, line 1: expected a header with the column title, the file is empty")
    at = header_positions(header.cells, _COLUMNS, _OPTIONAL, str(path), header.line)
    films, left_out = [], 0
    for row in rows:
        if len(row.cells) != len(header.cells):
            raise row.fault(f"expected {len(header.cells)} fields, found {len(row.cells)}")
        cells = {name: row.cells[place].strip() for name, place in at.items()}
        if _NO_FILM.search(_plain(cells.get("titleType", ""))):
            left_out += 1
        else:
            films.append(_film(row, cells))
    return FilmList(tuple(films), left_out, exported="titleType" in at)


def _film(row: Row, cells: dict[str, str]) -> Film:
    named = parse_title(cells["title"])
    if not named.title.strip():
        raise row.fault("expected a title, found none")
    originals = [cells.get("originalTitle", "")]  # one title, whatever signs are in it
    listed = _BETWEEN_TITLES.split(cells.get("alternatives", ""))
    others = dict.fromkeys([*named.alternatives, *originals, *listed])
    imdb, tmdb = (_number(row, cells.get(column, "")) for column in ("imdbId", "tmdbId"))
    return Film(
        movie_id=-row.line,
        title=named.title,
        year=_year(row, cells.get("year", "")) or named.year,
        genres=parse_genres(_genres(cells.get("genres", ""))),
        imdb_id=f"tt{imdb:07d}" if imdb else None,
        tmdb_id=tmdb or None,
        alternatives=tuple(name for name in others if name and name != named.title),
    )


def _genres(cell: str) -> list[str]:
    found = _BETWEEN_GENRES.split(cell)
    return found if len(found) > 1 else cell.split("/")


def _year(row: Row, cell: str) -> int | None:
    if cell in _NO_YEAR:
        return None
    match = _YEAR.fullmatch(cell)
    year = year_of(match[1]) if match else None
    if year is None:
        raise row.fault(f"expected a year, found {cell[:40]!r}")
    return year


def _number(row: Row, cell: str) -> int | None:
    match = _NUMBER.fullmatch(cell)
    if cell and match is None:
        raise row.fault(f"expected the number of a page, found {cell[:40]!r}")
    return int(match[1]) if match else None


def _plain(text: str) -> str:
    """A text without case, accents and signs."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalpha())
