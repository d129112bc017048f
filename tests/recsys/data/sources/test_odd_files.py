"""Files as others write them: read where the meaning is plain, else refused in one line with the place."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recsys.data.sources.cataloguing import parse_title, year_of
from recsys.data.sources.datasets import load_dataset
from recsys.data.sources.film_lists import read_film_list
from recsys.errors import InvalidData

RATINGS = "userId,movieId,rating,timestamp\n1,1,4.0,1000000000\n1,2,3.5,1000000001\n2,1,5.0,1000000002\n"
MOVIES = 'movieId,title,genres\n1,Alpha (1999),Comedy|Drama\n2,"Beta, The (2001)",Drama\n'

Change = Callable[[str], str | bytes]
SAME: Change = str


def write(folder: Path, ratings: str | bytes = RATINGS, movies: str | bytes = MOVIES) -> Path:
    for name, content in (("ratings.csv", ratings), ("movies.csv", movies)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\r").rstrip("\r"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n1,", "\n1.0,").replace("\n2,", "\n2.,"),
        lambda text: '"' + text.replace("\n", '"\n', 1).replace(",", '","', text.split("\n")[0].count(",")),
        lambda text: "\n".join(f"{line},{'x' * 200_000}" for line in text.splitlines()),
        lambda text: text.replace("1000000000", "2001-09-09T01:46:40Z"),
        lambda text: text.replace("1000000000", "2001-09-09 01:46:40").replace("1000000001", "1000000001.0"),
    ],
    ids=["cr", "cr, open", "crlf", "bom", "utf-16", "1.0", "quoted", "long", "iso", "date"],
)
@pytest.mark.parametrize("which", ["ratings", "movies", "both"])
def test_the_same_is_read(tmp_path: Path, change: Change, which: str) -> None:
    ratings = change(RATINGS) if which != "movies" else RATINGS
    movies = change(MOVIES) if which != "ratings" else MOVIES
    found = load_dataset(write(tmp_path, ratings, movies))
    assert found.ratings.user_ids.tolist() == [1, 1, 2]
    assert found.ratings.movie_ids.tolist() == [1, 2, 1]
    assert found.ratings.values.tolist() == [4, 3.5, 5]
    assert found.ratings.timestamps.tolist() == [1000000000, 1000000001, 1000000002]
    assert [film.title for film in found.catalog] == ["Alpha", "The Beta"]
    assert found.catalog[1].genres == ("Comedy", "Drama")


def test_semicolons_and_tabs_between_columns(tmp_path: Path) -> None:
    ratings = "rating;movieId;userId\n4,5;1;7\n"
    movies = "title\tgenres\tmovieId\nAlpha (1999)\tDrama\t1\n"
    found = load_dataset(write(tmp_path, ratings, movies))
    assert (found.ratings.values.tolist(), found.catalog[1].title) == ([4.5], "Alpha")


@pytest.mark.parametrize("between", [", ", ",", ";", " ; ", "/", "|"])
def test_genres_in_other_signs(tmp_path: Path, between: str) -> None:
    movies = f'movieId,title,genres\n1,A (1999),"Comedy{between}Drama"\n2,B (2001),Drama\n'
    catalog = load_dataset(write(tmp_path, movies=movies)).catalog
    assert (catalog[1].genres, catalog[2].genres) == (("Comedy", "Drama"), ("Drama",))


def test_a_slash_belongs_to_a_genre_where_bars_part_them(tmp_path: Path) -> None:
    movies = "movieId,title,genres\n1,A (1999),Sci-Fi/Fantasy|Drama\n2,B (2001),Sci-Fi/Fantasy\n"
    assert load_dataset(write(tmp_path, movies=movies)).catalog[2].genres == ("Sci-Fi/Fantasy",)


def test_kaggles_names(tmp_path: Path) -> None:
    (tmp_path / "Rating.csv").write_text(RATINGS)
    (tmp_path / "movie.csv").write_text(MOVIES)
    (tmp_path / "link.csv").write_text("movieId,imdbId,tmdbId\n1,0000042,9\n")
    assert load_dataset(tmp_path).catalog[1].imdb_id == "tt0000042"


@pytest.mark.parametrize(
    ("ratings", "movies", "says"),
    [
        (RATINGS, MOVIES.replace("Beta", "Be\0ta"), r"movies\.csv, line 3: expected text, found a NUL byte"),
        (RATINGS, MOVIES.replace("\n", "\r").replace("Beta", "Be\0ta"), r"movies\.csv, line 3: .*NUL"),
        (RATINGS.replace("3.5", "3\0"), MOVIES, r"ratings\.csv, line 3: expected a rating"),
        (RATINGS.replace("\n", "\r").replace("5.0", "good"), MOVIES, r"line 4: expected a rating .*'good'"),
        (RATINGS.replace("1000000001", "04/02/2005"), MOVIES, r"line 3: expected a date or .*'04/02/2005'"),
        (RATINGS.replace("5.0", "8"), MOVIES, r"line 4: .*for a scale of ten set MATINEE_RATING_SCALE=10"),
        (RATINGS.replace("1,2,", "1,1.0,"), MOVIES, r"line 3: .*user 1 rates movie 1 again"),
        (RATINGS, MOVIES.replace("Drama\n2", '"[{""id"": 1}]"\n2'), r"line 2: expected genres with \|"),
        (RATINGS, MOVIES.replace("Alpha", "A" * 150_000), r"line 2: expected a title, found 150,007 char"),
    ],
)
def test_what_is_not_plain_is_refused_in_one_line(
    tmp_path: Path, ratings: str, movies: str, says: str
) -> None:
    with pytest.raises(InvalidData, match=says) as caught:
        load_dataset(write(tmp_path, ratings, movies))
    assert "\n" not in str(caught.value)


def test_a_scale_of_ten_is_halved(tmp_path: Path) -> None:
    ratings = RATINGS.replace("5.0", "10").replace("3.5", "1")
    assert load_dataset(write(tmp_path, ratings), scale=10).ratings.values.tolist() == [2, 0.5, 5]
    write(tmp_path, ratings.replace("10,", "11,"))
    with pytest.raises(InvalidData, match=r"line 4: expected a rating between 1\.0 and 10\.0, found '11'"):
        load_dataset(tmp_path, scale=10)


@pytest.mark.parametrize("year", ["9995", "1869", str(datetime.now(UTC).year + 11), "0000", "١٩٩٥"])
def test_what_is_no_year(tmp_path: Path, year: str) -> None:
    assert year_of(year) is None
    assert parse_title(f"Alpha ({year})").year is None
    assert parse_title(f"Alpha ({year})").title == f"Alpha ({year})"
    path = tmp_path / "films.csv"
    path.write_text(f"title,year\nAlpha,{year}\n", encoding="utf-8")
    with pytest.raises(InvalidData, match=f"line 2: expected a year, found '{year}'"):
        read_film_list(path)


def test_exports_of_imdb_and_letterboxd(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_bytes(
        "Position,Const,Title,Original Title,Title Type,Year,Genres\n"
        '1,tt9900001,Späte Stunde,"Hours, Late; or So",movie,2016,"Animation, Comedy"\n'
        "2,tt9900003,Signal,Signal,TV Mini Series,2015,Drama\n"
        "3,tt9900005,Signal 2,Signal 2,tvEpisode,2015,Drama\n"
        "4,tt9900006,Gioco,Gioco,Videogioco,2015,\n"
        "5,tt9900004,Undated,Undated,Film,????,\n".encode("cp1252")
    )
    found = read_film_list(path)
    assert (found.left_out, found.exported) == (3, True)
    assert [(film.title, film.year, film.imdb_id) for film in found.films] == [
        ("Späte Stunde", 2016, "tt9900001"),
        ("Undated", None, "tt9900004"),
    ]
    assert found.films[0].alternatives == ("Hours, Late; or So",)
    assert found.films[0].genres == ("Animation", "Comedy")
    path.write_text('Date,Name,Year,Letterboxd URI,Rating\n2021-01-03,"Harbour, Quiet",2017,https://b/z,\n')
    assert [(film.title, film.year) for film in read_film_list(path).films] == [("Harbour, Quiet", 2017)]


def packed(path: Path, **more: str) -> Path:
    """A zip of a data set, and more files in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"ratings.csv": RATINGS, "movies.csv": MOVIES, **more}.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "a/../../x.csv", "..\\x.csv", "C:x.csv"])
def test_a_name_that_leads_out_of_a_zip(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidData, match="leads out of it"):
        load_dataset(packed(tmp_path / "set.zip", **{name: "x"}))


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "set.zip", **{"ratings.csv": "userId,movieId,rating\n" + "1,1,4\n" * 4_000_000})
    with pytest.raises(InvalidData, match=r"bytes would become 24,"):
        load_dataset(bomb)


def test_no_more_is_read_than_a_zip_promises(tmp_path: Path) -> None:
    """The size that is declared is a lie, in both headers."""
    path = packed(tmp_path / "set.zip", **{"ratings.csv": RATINGS + "2,2,4,5\n" * 4_000_000})
    content = path.read_bytes()
    size = struct.pack("<L", len(RATINGS) + 8 * 4_000_000)
    path.write_bytes(content.replace(size, struct.pack("<L", 1000)))
    with pytest.raises(InvalidData, match="damaged or cut short"):
        load_dataset(path)


def test_links_passwords_and_crowds_in_a_zip(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = packed(tmp_path / "set.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InvalidData, match=r"'a\.csv' is a link"):
        load_dataset(path)
    crowd = io.BytesIO()
    with zipfile.ZipFile(crowd, "w") as archive:
        for number in range(10_001):
            archive.writestr(zipfile.ZipInfo(f"{number}"), "")
    path.write_bytes(crowd.getvalue())
    with pytest.raises(InvalidData, match="it holds 10,001 files"):
        load_dataset(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("ratings.csv", RATINGS)
    with pytest.raises(InvalidData, match="neither stored nor deflated"):
        load_dataset(path)
