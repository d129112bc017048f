"""Files of ratings: read fast, and explained line by line when something is wrong.

numpy's parser in C reads well-formed files by the million per second, but what it says of a fault is about
one rule of its own. So a file that it refuses, or whose ratings break a rule of ours, is read again in plain
Python up to the first faulty line.
"""

from __future__ import annotations

import csv
import io
import math
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO

import numpy as np

from recsys.data.catalog import Catalog
from recsys.data.ratings import MAX_STARS, MIN_STARS, Ratings
from recsys.data.sources.bundle import Bundle
from recsys.data.sources.headers import header_positions
from recsys.errors import InvalidData, UnknownMovie

_INTEGER = re.compile(r"\s*[+-]?\d{1,19}\s*", re.ASCII)
_BLOCK = 1 << 20  # bytes read at once: a file in a zip finds its lines slowly
_END = "-1"  # in each field of a line that is put behind the last: stars that no file may hold


@dataclass(frozen=True, slots=True)
class RatingsForm:
    """How a file of ratings is written.

    With `header`, columns are found by name, in any order; without, they are user, movie, rating, timestamp.
    """

    separator: str
    header: bool


@dataclass(frozen=True, slots=True)
class _Columns:
    """Positions in a line; `timestamp` None where the file has none."""

    width: int
    user: int
    movie: int
    rating: int
    timestamp: int | None


def read_ratings(bundle: Bundle, name: str, form: RatingsForm, catalog: Catalog) -> Ratings:
    """All ratings of one file, in its order. Raises InvalidData with file, line and what was expected."""
    columns = _read_columns(bundle, name, form)
    try:
        ratings = _read_fast(bundle, name, form, columns)
        catalog.rows(ratings.movie_ids)
    except (ValueError, OverflowError, InvalidData, UnknownMovie) as error:
        _explain(bundle, name, form, columns, catalog)
        raise InvalidData(f"{bundle.place(name)}: expected ratings ({error})") from error
    if not len(ratings):
        raise InvalidData(f"{bundle.place(name)}: expected ratings, the file holds none")
    return ratings


def _read_columns(bundle: Bundle, name: str, form: RatingsForm) -> _Columns:
    place = bundle.place(name)
    with bundle.open(name) as file:
        line = file.readline(65_536).decode("utf-8-sig", errors="replace")
    if not line.strip():
        raise InvalidData(
            f"{place}, line 1: expected {'a header' if form.header else 'a rating'}, found nothing"
        )
    if not form.header:
        return _Columns(4, 0, 1, 2, 3)
    cells = next(csv.reader([line.rstrip("\r\n")], delimiter=form.separator))
    at = header_positions(
        cells,
        {
            "userId": ("userId",),
            "movieId": ("movieId", "itemId"),
            "rating": ("rating",),
            "timestamp": ("timestamp",),
        },
        optional=("timestamp",),
        place=place,
    )
    return _Columns(len(cells), at["userId"], at["movieId"], at["rating"], at.get("timestamp"))


def _read_fast(bundle: Bundle, name: str, form: RatingsForm, columns: _Columns) -> Ratings:
    """Raises ValueError, InvalidData where something is wrong; they do not say in which line."""
    kinds = ["U1"] * columns.width  # of what is not wanted, the first letter: fields are counted all the same
    kinds[columns.user] = kinds[columns.movie] = "i8"
    kinds[columns.rating] = "f8"
    if columns.timestamp is not None:
        kinds[columns.timestamp] = "i8"
    separator = "\t" if form.separator == "::" else form.separator  # the parser knows those of one character
    end = separator.join([_END] * columns.width).encode()
    with (
        warnings.catch_warnings(),
        bundle.open(name) as file,
        io.BufferedReader(file, _BLOCK) as buffered,  # type: ignore[type-var]  # what is open can be read
    ):
        # An older numpy reads "10.5" as 10, and warns of it.
        warnings.simplefilter("error", DeprecationWarning)
        lines: Iterable[bytes] = buffered
        if form.separator == "::":
            lines = (line.replace(b"::", b"\t") for line in buffered)
        found = np.loadtxt(
            chain(lines, [end]),
            dtype=[(f"f{at}", kind) for at, kind in enumerate(kinds)],
            delimiter=separator,
            skiprows=1 if form.header else 0,
            comments=None,
            quotechar='"',
            encoding="latin-1",  # which knows every byte: numbers are the same in all encodings
            ndmin=1,
        )
    if found[f"f{columns.rating}"][-1] != float(_END):
        raise InvalidData("quotes are left open")  # and have taken in all lines up to the end
    found = found[:-1]
    return Ratings.from_arrays(
        found[f"f{columns.user}"],
        found[f"f{columns.movie}"],
        found[f"f{columns.rating}"],
        None if columns.timestamp is None else found[f"f{columns.timestamp}"],
    )


def _explain(bundle: Bundle, name: str, form: RatingsForm, columns: _Columns, catalog: Catalog) -> None:
    """Raise InvalidData for the first line at fault, if there is one."""
    seen: set[tuple[int, int]] = set()
    with bundle.open(name) as file:
        for number, cells in _lines(file, form, bundle.place(name)):
            fault = _fault(cells, columns)
            if fault is None:
                user, movie = int(cells[columns.user]), int(cells[columns.movie])
                if movie not in catalog:
                    fault = f"expected a movie of the catalog, found movie {movie}, which it lacks"
                elif (user, movie) in seen:
                    fault = f"expected one rating per user and movie, user {user} rates movie {movie} again"
                seen.add((user, movie))
            if fault is not None:
                raise InvalidData(f"{bundle.place(name)}, line {number}: {fault}")


def _lines(file: IO[bytes], form: RatingsForm, place: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that has some, with its number. Raises InvalidData where quotes are astray."""
    text = (line.decode("utf-8", errors="replace") for line in file)
    if form.separator == "::":
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield number, line.rstrip("\r\n").split("::")
        return
    reader, number = csv.reader(text, delimiter=form.separator, strict=True), 1
    try:
        for cells in reader:
            if cells and not (form.header and number == 1):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise InvalidData(f"{place}, line {number}: expected separated values ({error})") from error


def _fault(cells: list[str], columns: _Columns) -> str | None:
    if len(cells) != columns.width:
        return f"expected {columns.width} fields, found {len(cells)}"
    for what, at in (("userId", columns.user), ("movieId", columns.movie), ("timestamp", columns.timestamp)):
        if at is not None and not _is_integer(cells[at]):
            return f"expected a whole number as {what}, found {cells[at][:40]!r}"
    try:
        stars = float(cells[columns.rating])
    except ValueError:
        stars = math.nan
    if not MIN_STARS <= stars <= MAX_STARS:
        return f"expected a rating between {MIN_STARS} and {MAX_STARS}, found {cells[columns.rating][:40]!r}"
    return None


def _is_integer(cell: str) -> bool:
    """Whether a cell holds a whole number of 64 bits."""
    return bool(_INTEGER.fullmatch(cell)) and -(2**63) <= int(cell) < 2**63
