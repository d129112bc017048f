"""Files of ratings: read fast, and explained line by line when something is wrong.

pandas reads well-formed files by the million per second but cannot say where a fault is. So a file that it
refuses, or whose ratings break a rule, is read again in plain Python up to the first faulty line.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from recsys.data.catalog import Catalog
from recsys.data.ratings import MAX_STARS, MIN_STARS, Ratings
from recsys.data.sources.bundle import Bundle
from recsys.data.sources.headers import header_positions
from recsys.errors import InvalidData, UnknownMovie

_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*")


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
    import pandas as pd

    types: dict[int, type] = dict.fromkeys(range(columns.width), str)
    types |= {columns.user: np.int64, columns.movie: np.int64, columns.rating: np.float64}
    if columns.timestamp is not None:
        types[columns.timestamp] = np.int64
    with bundle.open(name) as file:
        frame = pd.read_csv(
            _single_separator(file, form),
            sep="\t" if form.separator == "::" else form.separator,
            header=None,
            skiprows=1 if form.header else 0,
            names=list(range(columns.width)),
            dtype=types,
        )
    if not isinstance(frame.index, pd.RangeIndex):  # pandas makes an index of what is too many in a line
        raise InvalidData(f"more than {columns.width} fields")
    return Ratings.from_arrays(
        frame[columns.user].to_numpy(),
        frame[columns.movie].to_numpy(),
        frame[columns.rating].to_numpy(),
        None if columns.timestamp is None else frame[columns.timestamp].to_numpy(),
    )


def _single_separator(file: IO[bytes], form: RatingsForm) -> IO[bytes]:
    """pandas is ten times slower with separators of two characters."""
    return io.BytesIO(file.read().replace(b"::", b"\t")) if form.separator == "::" else file


def _explain(bundle: Bundle, name: str, form: RatingsForm, columns: _Columns, catalog: Catalog) -> None:
    """Raise InvalidData for the first line at fault, if there is one."""
    seen: set[tuple[int, int]] = set()
    with bundle.open(name) as file:
        for number, cells in _lines(file, form):
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


def _lines(file: IO[bytes], form: RatingsForm) -> Iterator[tuple[int, list[str]]]:
    text = (line.decode("utf-8", errors="replace") for line in file)
    if form.separator == "::":
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield number, line.rstrip("\r\n").split("::")
        return
    reader = csv.reader(text, delimiter=form.separator)
    for cells in reader:
        if cells and not (form.header and reader.line_num == 1):
            yield reader.line_num, cells


def _fault(cells: list[str], columns: _Columns) -> str | None:
    if len(cells) != columns.width:
        return f"expected {columns.width} fields, found {len(cells)}"
    for what, at in (("userId", columns.user), ("movieId", columns.movie), ("timestamp", columns.timestamp)):
        if at is not None and not _INTEGER.fullmatch(cells[at]):
            return f"expected a whole number as {what}, found {cells[at][:40]!r}"
    try:
        stars = float(cells[columns.rating])
    except ValueError:
        stars = math.nan
    if not MIN_STARS <= stars <= MAX_STARS:
        return f"expected a rating between {MIN_STARS} and {MAX_STARS}, found {cells[columns.rating][:40]!r}"
    return None
