"""A list of films that somebody made: CSV with a header, one film a line, no ratings.

Columns by name: title, and if they are there year, genres, imdbId, tmdbId, alternatives. Without a column for
the year it stands behind the title, as in MovieLens's movies.csv, which is such a list, too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from recsys.data.catalog import Film
from recsys.data.sources.cataloguing import parse_genres, parse_title
from recsys.data.sources.headers import header_positions
from recsys.errors import DataUnavailable, InvalidData

_COLUMNS = {
    "title": ("title", "name"),
    "year": ("year", "releaseYear"),
    "genres": ("genres", "genre"),
    "imdbId": ("imdbId", "const"),
    "tmdbId": ("tmdbId",),
    "alternatives": ("alternatives", "originalTitle"),
}
_OPTIONAL = tuple(name for name in _COLUMNS if name != "title")
_BETWEEN = re.compile(r"\s*[|;,]\s*")
_NUMBER = re.compile(r"(?:tt)?(\d{1,12})")
_YEAR = re.compile(r"\d{4}")


def read_film_list(path: Path) -> list[Film]:
    """The films of a list. No data set numbers them: a film's `movie_id` is its line, counted from 1 with the
    header, below 0, until it gets another.

    Raises DataUnavailable without a file, InvalidData that names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidData(f"{path}: expected UTF-8 text ({error.reason})") from error
    except OSError as error:
        raise DataUnavailable(f"{path}: cannot be read ({error.strerror})") from error
    rows = _rows(path, text)
    header = next(rows, None)
    if header is None:
        raise InvalidData(f"{path}, line 1: expected a header with the column title, the file is empty")
    at = header_positions(header[1], _COLUMNS, _OPTIONAL, str(path))
    return [
        _film(path, line, {name: cells[place].strip() for name, place in at.items()}) for line, cells in rows
    ]


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader, width, line = csv.reader(io.StringIO(text, newline=""), strict=True), 0, 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                width = width or len(cells)
                if len(cells) != width:
                    raise InvalidData(f"{path}, line {line}: expected {width} fields, found {len(cells)}")
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidData(f"{path}, line {line}: expected comma-separated values ({error})") from error


def _film(path: Path, line: int, cells: dict[str, str]) -> Film:
    named = parse_title(cells["title"])
    year = cells.get("year") or (str(named.year) if named.year else "")
    if not named.title.strip():
        raise InvalidData(f"{path}, line {line}: expected a title, found none")
    if year and not _YEAR.fullmatch(year):
        raise InvalidData(f"{path}, line {line}: expected a year, found {year[:40]!r}")
    numbers = []
    for column in ("imdbId", "tmdbId"):
        cell = cells.get(column, "")
        match = _NUMBER.fullmatch(cell)
        if cell and match is None:
            raise InvalidData(f"{path}, line {line}: expected the number of a page, found {cell[:40]!r}")
        numbers.append(int(match[1]) if match else None)
    imdb, tmdb = numbers
    others = named.alternatives + tuple(
        name for name in _BETWEEN.split(cells.get("alternatives", "")) if name
    )
    return Film(
        movie_id=-line,
        title=named.title,
        year=int(year) if year else None,
        genres=parse_genres(_BETWEEN.split(cells.get("genres", ""))),
        imdb_id=f"tt{imdb:07d}" if imdb else None,
        tmdb_id=tmdb or None,
        alternatives=tuple(
            name for name in dict.fromkeys([*named.alternatives, *others]) if name != named.title
        ),
    )
