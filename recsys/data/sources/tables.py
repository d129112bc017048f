"""Text files with columns: their encoding, their line ends, and each row with the line on which it begins."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from recsys.errors import InvalidData

LINE_END = re.compile(r"\r\n|\r|\n")  # the second is an old Mac's
_LONGEST_FIELD = 1 << 24  # csv's own limit is 131,072: a column that nobody wants may be longer
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(_LONGEST_FIELD)


@dataclass(frozen=True, slots=True)
class Row:
    """Fields of one line, and where they stand."""

    place: str
    line: int
    cells: list[str]

    def fault(self, text: str) -> InvalidData:
        """What is wrong with this line."""
        return InvalidData(f"{self.place}, line {self.line}: {text}")


def encoding_of(start: bytes) -> str:
    """Of a file that begins so: UTF-8, unless a mark says UTF-16."""
    return "utf-16" if start.startswith(_UTF_16) else "utf-8-sig"


def as_text(raw: bytes, place: str, otherwise: str | None = None) -> str:
    """A file as text: UTF-8 or UTF-16, and where that fails `otherwise`. Raises InvalidData with the line."""
    try:
        text = raw.decode(encoding_of(raw))
    except UnicodeDecodeError as error:
        try:
            text = raw.decode(otherwise or "ascii")
        except UnicodeDecodeError:
            line = len(LINE_END.findall(raw[: error.start].decode("latin-1"))) + 1
            raise InvalidData(
                f"{place}, line {line}: expected UTF-8 text, found byte 0x{raw[error.start]:02x}"
            ) from error
    at = text.find("\0")
    if at >= 0:  # no title has one, and PostgreSQL keeps none
        line = len(LINE_END.findall(text[:at])) + 1
        raise InvalidData(f"{place}, line {line}: expected text, found a NUL byte")
    return text


def separator_of(header: str) -> str:
    """What parts the columns of a header: commas, unless it has none but semicolons or tabs."""
    return next((sign for sign in ",;\t" if sign in header), ",")


def table_rows(text: str, place: str) -> Iterator[Row]:
    """Rows of a file with a header, the header first; blank ones left out. Raises InvalidData."""
    header = LINE_END.split(text.lstrip(), maxsplit=1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(header), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield Row(place, line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidData(f"{place}, line {line}: expected comma-separated values ({error})") from error
