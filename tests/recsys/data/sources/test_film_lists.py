"""Lists of films that people make: columns by name, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.data.catalog import Film
from recsys.data.sources.film_lists import read_film_list
from recsys.errors import DataUnavailable, InvalidData


def write(folder: Path, text: str) -> Path:
    path = folder / "films.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        " Genres ,imdb_id,TITLE,Year,alternatives\n"
        '"Comedy, Drama",tt28607951,Anora,2024,\n'
        "\n"
        'Animation|Adventure,4772188,"Flow, The (Straume)",2024,Straume; Away\n',
    )
    assert list(read_film_list(path).films) == [
        Film(-2, "Anora", 2024, ("Comedy", "Drama"), "tt28607951", None, ()),
        Film(
            -4,
            "The Flow",
            2024,
            ("Animation", "Adventure"),
            "tt4772188",
            None,
            ("Straume", "Flow, The", "Away"),
        ),
    ]


def test_movies_csv_of_a_data_set_is_such_a_list(tmp_path: Path) -> None:
    path = write(
        tmp_path, "movieId,title,genres\n6,Heat (1995),Action|Crime\n7,Untitled,(no genres listed)\n"
    )
    assert list(read_film_list(path).films) == [
        Film(-2, "Heat", 1995, ("Action", "Crime"), None, None, ()),
        Film(-3, "Untitled", None, (), None, None, ()),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"films\.csv, line 1: expected a header with the column title"),
        ("year,genres\n", r"line 1: .*title is missing"),
        ("title,year\nHeat,1995\n,1995\n", "line 3: expected a title"),
        ("title,year\nHeat,MCMXCV\n", "line 2: expected a year, found 'MCMXCV'"),
        ("title,imdbId\nHeat,heat\n", "line 2: expected the number of a page, found 'heat'"),
        ("title,year\nHeat\n", "line 2: expected 2 fields, found 1"),
        ('title\n"Heat\n', "line 2: expected comma-separated values"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        read_film_list(write(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"none\.csv: cannot be read"):
        read_film_list(tmp_path / "none.csv")
