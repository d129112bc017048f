"""Files of ratings: read fast, and line by line when they are odd or something is wrong.

numpy's parser in C reads well-formed files by the million per second, but what it says of a fault is about
one rule of its own, and it knows no dates, no ids as `1.0` and no old Mac's line ends. So a file that it
refuses, or whose ratings break a rule of ours, is read again in plain Python, which takes what is meant
plainly and stops at the first faulty line.
"""

from __future__ import annotations

import csv
import io
import math
import re
import warnings
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import IO

import numpy as np

from recsys.data.catalog import Catalog
from recsys.data.ratings import MAX_STARS, MIN_STARS, Ratings, first_repeat
from recsys.data.sources.bundle import Bundle
from recsys.data.sources.headers import header_positions
from recsys.data.sources.tables import LINE_END, encoding_of, separator_of
from recsys.errors import InvalidData, UnknownMovie

_INTEGER = re.compile(r"\s*([+-]?\d{1,19})(?:\.0*)?\s*", re.ASCII)  # "1.0" is what pandas writes
_DECIMAL = re.compile(r"\s*\d{1,15}\.\d+\s*", re.ASCII)
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
    separator: str
    encoding: str
    old_mac: bool  # a lone carriage return ends a line

    @property
    def plain(self) -> bool:
        """Whether numpy may try."""
        return not self.old_mac and self.encoding != "utf-16"


def read_ratings(bundle: Bundle, name: str, form: RatingsForm, catalog: Catalog, scale: int = 5) -> Ratings:
    """All ratings of one file, in its order, as stars. Raises InvalidData with file, line and what was
    expected. `scale` is the highest rating that the file may hold, 5 or 10."""
    columns = _read_columns(bundle, name, form)
    form = replace(form, separator=columns.separator)
    try:
        if not columns.plain:
            raise ValueError("not for numpy")
        ratings = _read_fast(bundle, name, form, columns, scale)
        catalog.rows(ratings.movie_ids)
    except (ValueError, OverflowError, InvalidData, UnknownMovie):
        ratings = _read_slowly(bundle, name, form, columns, catalog, scale)
    if not len(ratings):
        raise InvalidData(f"{bundle.place(name)}: expected ratings, the file holds none")
    return ratings


def _read_columns(bundle: Bundle, name: str, form: RatingsForm) -> _Columns:
    place = bundle.place(name)
    with bundle.open(name) as file:
        start = file.readline(65_536)
    encoding = encoding_of(start)
    whole = start.decode(encoding, errors="ignore")  # the last letter may be cut
    line = LINE_END.split(whole, maxsplit=1)[0]
    old_mac = whole[len(line) :].startswith("\r") and not whole[len(line) :].startswith("\r\n")
    if not line.strip():
        raise InvalidData(
            f"{place}, line 1: expected {'a header' if form.header else 'a rating'}, found nothing"
        )
    if not form.header:
        return _Columns(4, 0, 1, 2, 3, form.separator, encoding, old_mac)
    separator = separator_of(line) if form.separator == "," else form.separator
    cells = next(csv.reader([line], delimiter=separator))
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
    where = at["userId"], at["movieId"], at["rating"], at.get("timestamp")
    return _Columns(len(cells), *where, separator, encoding, old_mac)


def _read_fast(bundle: Bundle, name: str, form: RatingsForm, columns: _Columns, scale: int) -> Ratings:
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
        found[f"f{columns.rating}"] * (MAX_STARS / scale),
        None if columns.timestamp is None else found[f"f{columns.timestamp}"],
    )


def _read_slowly(
    bundle: Bundle, name: str, form: RatingsForm, columns: _Columns, catalog: Catalog, scale: int
) -> Ratings:
    """Line by line. Raises InvalidData for the first line at fault."""
    known = set(catalog.movie_ids.tolist())
    users, movies, times, lines, stars = array("q"), array("q"), array("q"), array("q"), array("d")
    with bundle.open(name) as file, _texts(file, columns) as text:
        for number, cells in _lines(text, form, bundle.place(name)):
            fault = _fault(cells, columns, scale)
            if fault is None and _whole(cells[columns.movie]) not in known:
                fault = f"expected a movie of the catalog, found movie {cells[columns.movie]}, which it lacks"
            if fault is not None:
                raise InvalidData(f"{bundle.place(name)}, line {number}: {fault}")
            users.append(_whole(cells[columns.user]) or 0)
            movies.append(_whole(cells[columns.movie]) or 0)
            stars.append(_number(cells[columns.rating], columns) * MAX_STARS / scale)
            times.append(0 if columns.timestamp is None else _moment(cells[columns.timestamp]) or 0)
            lines.append(number)
    user_ids, movie_ids = np.array(users, np.int64), np.array(movies, np.int64)
    twice = first_repeat(user_ids, movie_ids)
    if twice is not None:
        raise InvalidData(
            f"{bundle.place(name)}, line {lines[twice]}: expected one rating per user and movie, "
            f"user {users[twice]} rates movie {movies[twice]} again"
        )
    return Ratings.from_arrays(user_ids, movie_ids, np.array(stars), np.array(times, np.int64))


def _lines(text: Iterable[str], form: RatingsForm, place: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that has some, with its number. Raises InvalidData where quotes are astray."""
    if form.separator == "::":
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield number, line.rstrip("\r\n").split("::")
        return
    reader, number = csv.reader(text, delimiter=form.separator, strict=True), 1
    try:
        for cells in reader:
            if any(cells) and not (form.header and number == 1):
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise InvalidData(f"{place}, line {number}: expected separated values ({error})") from error


@contextmanager
def _texts(file: IO[bytes], columns: _Columns) -> Iterator[Iterable[str]]:
    """The lines of a file as text, with their ends."""
    if columns.plain:
        yield (
            line.decode("utf-8" if number else "utf-8-sig", errors="replace")
            for number, line in enumerate(file)
        )
        return
    text = io.TextIOWrapper(file, columns.encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()  # the file is another's to close


def _fault(cells: list[str], columns: _Columns, scale: int) -> str | None:
    if len(cells) != columns.width:
        return f"expected {columns.width} fields, found {len(cells)}"
    for what, at in (("userId", columns.user), ("movieId", columns.movie)):
        if _whole(cells[at]) is None:
            return f"expected a whole number as {what}, found {cells[at][:40]!r}"
    if columns.timestamp is not None and _moment(cells[columns.timestamp]) is None:
        return f"expected a date or a whole number as timestamp, found {cells[columns.timestamp][:40]!r}"
    rating = _number(cells[columns.rating], columns)
    if not MIN_STARS <= rating * MAX_STARS / scale <= MAX_STARS:
        least = MIN_STARS * scale / MAX_STARS
        hint = "; for a scale of ten set MATINEE_RATING_SCALE=10" if MAX_STARS < rating <= 10 else ""
        return (
            f"expected a rating between {least} and {scale:.1f}, found {cells[columns.rating][:40]!r}{hint}"
        )
    return None


def _whole(cell: str) -> int | None:
    """The whole number of 64 bits that a cell holds."""
    match = _INTEGER.fullmatch(cell)
    return int(match[1]) if match and -(2**63) <= int(match[1]) < 2**63 else None


def _number(cell: str, columns: _Columns) -> float:
    """A rating; where semicolons or tabs part the columns, a comma may stand for the point."""
    try:
        return float(cell if columns.separator == "," else cell.replace(",", "."))
    except ValueError:
        return math.nan


def _moment(cell: str) -> int | None:
    """Unix seconds: as they are, or those of a date, in UTC unless it says otherwise; 0 for none."""
    if not cell.strip():
        return 0
    whole = _whole(cell)
    if whole is not None:
        return whole
    if _DECIMAL.fullmatch(cell):
        return int(float(cell))
    try:
        moment = datetime.fromisoformat(cell.strip())
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
