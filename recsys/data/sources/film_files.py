"""Files of films: GroupLens's CSV, u.item and movies.dat, RecBole's .item, and the links to IMDb and TMDB."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from recsys.data.catalog import Film
from recsys.data.sources.bundle import Bundle
from recsys.data.sources.cataloguing import parse_genres, parse_title
from recsys.data.sources.headers import header_positions
from recsys.errors import InvalidData

_ID = re.compile(r"\s*\d{1,18}\s*")
_LINK = re.compile(r"\s*(?:tt)?(\d{1,12})(?:\.0)?\s*")  # "0114709", "tt0114709", and what pandas writes of it
_U_ITEM_FIELDS = 5  # id, title, release date, video date, IMDb page; one flag per genre follows
_UNKNOWN_IN_RECBOLE = "unkonwn"  # its spelling of ml-100k's film "unknown"


@dataclass(frozen=True, slots=True)
class _Row:
    """Fields of one line, and where they stand."""

    place: str
    line: int
    cells: list[str]

    def fault(self, text: str) -> InvalidData:
        return InvalidData(f"{self.place}, line {self.line}: {text}")

    def movie_id(self, at: int) -> int:
        if not _ID.fullmatch(self.cells[at]):
            raise self.fault(f"expected a whole number as movie id, found {self.cells[at][:40]!r}")
        return int(self.cells[at])


def read_films_csv(bundle: Bundle) -> list[Film]:
    """movies.csv, joined with links.csv where there is one."""
    rows = _csv_rows(bundle, "movies.csv")
    header = next(rows)
    at = header_positions(
        header.cells,
        {"movieId": ("movieId",), "title": ("title",), "genres": ("genres",)},
        optional=("genres",),
        place=header.place,
    )

    def film(row: _Row) -> Film:
        genres = row.cells[at["genres"]].split("|") if "genres" in at else []
        return _film(row, row.movie_id(at["movieId"]), row.cells[at["title"]], genres)

    films = _films(_checked_width(rows, len(header.cells)), film)
    if "links.csv" not in bundle.names:
        return films
    links = _links(bundle)
    return [
        replace(film, imdb_id=links[film.movie_id][0], tmdb_id=links[film.movie_id][1])
        if film.movie_id in links
        else film
        for film in films
    ]


def read_films_dat(bundle: Bundle) -> list[Film]:
    """movies.dat of ml-1m and ml-10m: `id::title::genre|genre`."""

    def film(row: _Row) -> Film:
        return _film(row, row.movie_id(0), row.cells[1], row.cells[2].split("|"))

    return _films(_checked_width(_split_rows(bundle, "movies.dat", "::", latin_1=True), 3), film)


def read_films_u_item(bundle: Bundle) -> list[Film]:
    """u.item of ml-100k: `id|title|release date|video date|page|flag per genre of u.genre`."""
    genres = [row.cells[0] for row in _split_rows(bundle, "u.genre", "|", latin_1=True)]

    def film(row: _Row) -> Film:
        flags = row.cells[_U_ITEM_FIELDS:]
        if not set(flags) <= {"0", "1"}:
            raise row.fault(f"expected 0 or 1 for each genre, found {'|'.join(flags)[:60]!r}")
        own = [genre for genre, flag in zip(genres, flags, strict=True) if flag == "1"]
        return _film(row, row.movie_id(0), row.cells[1], own)

    rows = _split_rows(bundle, "u.item", "|", latin_1=True)
    return _films(_checked_width(rows, _U_ITEM_FIELDS + len(genres)), film)


def read_films_recbole(bundle: Bundle, name: str) -> list[Film]:
    """RecBole's .item, whose titles have lost the year that they end with; so it is put back first."""
    rows = _split_rows(bundle, name, "\t", latin_1=False)
    header = next(rows, None)
    if header is None:
        raise InvalidData(f"{bundle.place(name)}, line 1: expected a header, the file is empty")
    at = header_positions(
        header.cells,
        {
            "item_id": ("itemId", "movieId"),
            "movie_title": ("movieTitle", "title"),
            "release_year": ("releaseYear", "year"),
            "genre": ("genre", "genres", "class"),
        },
        optional=("release_year", "genre"),
        place=header.place,
    )

    def film(row: _Row) -> Film:
        title = row.cells[at["movie_title"]]
        year = row.cells[at["release_year"]].strip() if "release_year" in at else ""
        if title == _UNKNOWN_IN_RECBOLE:
            title, year = "unknown", ""
        genres = row.cells[at["genre"]].split() if "genre" in at else []
        return _film(row, row.movie_id(at["item_id"]), f"{title} ({year})" if year else title, genres)

    return _films(_checked_width(rows, len(header.cells)), film)


def _film(row: _Row, movie_id: int, title: str, genres: list[str]) -> Film:
    if not title.strip():
        raise row.fault("expected a title, found none")
    named = parse_title(title)
    return Film(
        movie_id, named.title, named.year, genres=parse_genres(genres), alternatives=named.alternatives
    )


def _films(rows: Iterator[_Row], film_of: Callable[[_Row], Film]) -> list[Film]:
    films: dict[int, Film] = {}
    for row in rows:
        film = film_of(row)
        if film.movie_id in films:
            raise row.fault(f"expected each movie once, movie {film.movie_id} is there again")
        films[film.movie_id] = film
    return list(films.values())


def _links(bundle: Bundle) -> dict[int, tuple[str | None, int | None]]:
    rows = _csv_rows(bundle, "links.csv")
    header = next(rows)
    at = header_positions(
        header.cells,
        {"movieId": ("movieId",), "imdbId": ("imdbId",), "tmdbId": ("tmdbId",)},
        optional=("imdbId", "tmdbId"),
        place=header.place,
    )
    links: dict[int, tuple[str | None, int | None]] = {}
    for row in _checked_width(rows, len(header.cells)):
        imdb, tmdb = (_link(row, at.get(name)) for name in ("imdbId", "tmdbId"))
        links[row.movie_id(at["movieId"])] = (f"tt{imdb:07d}" if imdb else None, tmdb)
    return links


def _link(row: _Row, at: int | None) -> int | None:
    if at is None or not row.cells[at].strip():
        return None
    match = _LINK.fullmatch(row.cells[at])
    if match is None:
        raise row.fault(f"expected the number of a page at IMDb or TMDB, found {row.cells[at][:40]!r}")
    return int(match[1])


def _checked_width(rows: Iterator[_Row], width: int) -> Iterator[_Row]:
    for row in rows:
        if len(row.cells) != width:
            raise row.fault(f"expected {width} fields, found {len(row.cells)}")
        yield row


def _csv_rows(bundle: Bundle, name: str) -> Iterator[_Row]:
    """Lines of a CSV file, the header first; blank ones left out."""
    place = bundle.place(name)
    text = _text(bundle, name, latin_1=False)
    if not text.strip():
        raise InvalidData(f"{place}, line 1: expected a header, the file is empty")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield _Row(place, line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidData(f"{place}, line {line}: expected comma-separated values ({error})") from error


def _split_rows(bundle: Bundle, name: str, separator: str, *, latin_1: bool) -> Iterator[_Row]:
    """Lines of a file without quoting; blank ones left out."""
    for number, line in enumerate(_text(bundle, name, latin_1=latin_1).split("\n"), start=1):
        if line.strip():
            yield _Row(bundle.place(name), number, line.rstrip("\r").split(separator))


def _text(bundle: Bundle, name: str, *, latin_1: bool) -> str:
    """A file as text: UTF-8, or where `latin_1` is allowed, that (every byte is a letter in it)."""
    with bundle.open(name) as file:
        raw = file.read()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if latin_1:
            return raw.decode("latin-1")
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidData(
            f"{bundle.place(name)}, line {line}: expected UTF-8 text, found byte 0x{raw[error.start]:02x}"
        ) from error
