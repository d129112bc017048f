"""Files of films: GroupLens's CSV, u.item and movies.dat, RecBole's .item, and the links to IMDb and TMDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from recsys.data.catalog import Film
from recsys.data.sources.bundle import Bundle
from recsys.data.sources.cataloguing import parse_genres, parse_title, split_genres, year_of
from recsys.data.sources.headers import header_positions
from recsys.data.sources.tables import LINE_END, Row, as_text, table_rows
from recsys.errors import InvalidData

_ID = re.compile(r"\s*(\d{1,18})(?:\.0*)?\s*", re.ASCII)  # "1.0" is what pandas writes
_LINK = re.compile(
    r"\s*(?:tt)?(\d{1,12})(?:\.0*)?\s*", re.ASCII
)  # "0114709", "tt0114709", and what pandas writes of it
_LONGEST_TITLE = 1_000
_LARGEST = 1 << 28  # bytes of a file of films, which is read as a whole; MovieLens's largest has 4 MB
_U_ITEM_FIELDS = 5  # id, title, release date, video date, IMDb page; one flag per genre follows
_UNKNOWN_IN_RECBOLE = "unkonwn"  # its spelling of ml-100k's film "unknown"


def _movie_id(row: Row, at: int) -> int:
    match = _ID.fullmatch(row.cells[at])
    if match is None:
        raise row.fault(f"expected a whole number as movie id, found {row.cells[at][:40]!r}")
    return int(match[1])


def read_films_csv(bundle: Bundle, name: str, links_name: str | None) -> list[Film]:
    """movies.csv, joined with links.csv where there is one."""
    rows = _csv_rows(bundle, name)
    header = next(rows)
    at = header_positions(
        header.cells,
        {"movieId": ("movieId",), "title": ("title",), "genres": ("genres",)},
        optional=("genres",),
        place=header.place,
    )

    kept = list(_checked_width(rows, len(header.cells)))
    split = split_genres({row.cells[at["genres"]] for row in kept} if "genres" in at else ())

    def film(row: Row) -> Film:
        genres = split(row.cells[at["genres"]]) if "genres" in at else []
        return _film(row, _movie_id(row, at["movieId"]), row.cells[at["title"]], genres)

    films = _films(iter(kept), film)
    if links_name is None:
        return films
    links = _links(bundle, links_name)
    return [
        replace(film, imdb_id=links[film.movie_id][0], tmdb_id=links[film.movie_id][1])
        if film.movie_id in links
        else film
        for film in films
    ]


def read_films_dat(bundle: Bundle) -> list[Film]:
    """movies.dat of ml-1m and ml-10m: `id::title::genre|genre`."""

    rows = list(_checked_width(_split_rows(bundle, "movies.dat", "::", latin_1=True), 3))
    split = split_genres({row.cells[2] for row in rows})

    def film(row: Row) -> Film:
        return _film(row, _movie_id(row, 0), row.cells[1], split(row.cells[2]))

    return _films(iter(rows), film)


def read_films_u_item(bundle: Bundle) -> list[Film]:
    """u.item of ml-100k: `id|title|release date|video date|page|flag per genre of u.genre`."""
    genres = [row.cells[0] for row in _split_rows(bundle, "u.genre", "|", latin_1=True)]

    def film(row: Row) -> Film:
        flags = row.cells[_U_ITEM_FIELDS:]
        if not set(flags) <= {"0", "1"}:
            raise row.fault(f"expected 0 or 1 for each genre, found {'|'.join(flags)[:60]!r}")
        own = [genre for genre, flag in zip(genres, flags, strict=True) if flag == "1"]
        return _film(row, _movie_id(row, 0), row.cells[1], own)

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

    def film(row: Row) -> Film:
        title = row.cells[at["movie_title"]]
        year = row.cells[at["release_year"]].strip() if "release_year" in at else ""
        if title == _UNKNOWN_IN_RECBOLE:
            title, year = "unknown", ""
        genres = row.cells[at["genre"]].split() if "genre" in at else []
        return _film(
            row,
            _movie_id(row, at["item_id"]),
            f"{title} ({year})" if year and (year_of(year) or not year.isdecimal()) else title,
            genres,
        )

    return _films(_checked_width(rows, len(header.cells)), film)


def _film(row: Row, movie_id: int, title: str, genres: list[str]) -> Film:
    if not title.strip():
        raise row.fault("expected a title, found none")
    if len(title) > _LONGEST_TITLE:
        raise row.fault(f"expected a title, found {len(title):,} characters: are quotes left open?")
    known = _genres(tuple(genres))
    if known is None:
        raise row.fault(f"expected genres with | between, found {'|'.join(genres)[:60]!r}")
    named = parse_title(title)
    return Film(movie_id, named.title, named.year, genres=known, alternatives=named.alternatives)


@lru_cache(maxsize=4096)  # thousands of films have the same ones
def _genres(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Genres under one name in all data sets; None for what is a list of another language."""
    return None if any("[" in name or "{" in name for name in names) else parse_genres(list(names))


def _films(rows: Iterator[Row], film_of: Callable[[Row], Film]) -> list[Film]:
    films: dict[int, Film] = {}
    for row in rows:
        film = film_of(row)
        if film.movie_id in films:
            raise row.fault(f"expected each movie once, movie {film.movie_id} is there again")
        films[film.movie_id] = film
    return list(films.values())


def _links(bundle: Bundle, name: str) -> dict[int, tuple[str | None, int | None]]:
    rows = _csv_rows(bundle, name)
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
        links[_movie_id(row, at["movieId"])] = (f"tt{imdb:07d}" if imdb else None, tmdb)
    return links


def _link(row: Row, at: int | None) -> int | None:
    if at is None or not row.cells[at].strip():
        return None
    match = _LINK.fullmatch(row.cells[at])
    if match is None:
        raise row.fault(f"expected the number of a page at IMDb or TMDB, found {row.cells[at][:40]!r}")
    return int(match[1])


def _checked_width(rows: Iterator[Row], width: int) -> Iterator[Row]:
    for row in rows:
        if len(row.cells) != width:
            raise row.fault(f"expected {width} fields, found {len(row.cells)}")
        yield row


def _csv_rows(bundle: Bundle, name: str) -> Iterator[Row]:
    """Lines of a CSV file, the header first; blank ones left out."""
    text = _text(bundle, name, latin_1=False)
    if not text.strip():
        raise InvalidData(f"{bundle.place(name)}, line 1: expected a header, the file is empty")
    return table_rows(text, bundle.place(name))


def _split_rows(bundle: Bundle, name: str, separator: str, *, latin_1: bool) -> Iterator[Row]:
    """Lines of a file without quoting; blank ones left out."""
    for number, line in enumerate(LINE_END.split(_text(bundle, name, latin_1=latin_1)), start=1):
        if line.strip():
            yield Row(bundle.place(name), number, line.split(separator))


def _text(bundle: Bundle, name: str, *, latin_1: bool) -> str:
    """A file as text; where `latin_1` is allowed, also in that (every byte is a letter in it)."""
    with bundle.open(name) as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise InvalidData(f"{bundle.place(name)}: expected films, the file has more than {_LARGEST:,} bytes")
    return as_text(raw, bundle.place(name), "latin-1" if latin_1 else None)
