"""load_dataset: the layouts, and one clear error for whatever is wrong with a file."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys.data.catalog import Film
from recsys.data.dataset import Dataset
from recsys.data.sources.datasets import load_dataset
from recsys.errors import DataUnavailable, InvalidData

RATINGS = "userId,movieId,rating,timestamp\n7,2,3.5,100\n5,10,4.0,90\n5,2,0.5,95\n"
MOVIES = (
    "movieId,title,genres\n"
    '10,"Postman, The (Postino, Il) (1994)",Comedy|Children\'s|Drama\n'
    "2,Heat (1995),(no genres listed)\n"
    "3,Babylon 5,Sci-Fi\n"
)
LINKS = "movieId,imdbId,tmdbId\n2,0113277,949\n10,110877,\n"

U_DATA = "5\t2\t3\t881250949\n7\t1\t5\t891717742\n5\t3\t1\t878887116\n"
U_GENRE = "unknown|0\nAction|1\nChildren's|2\nDrama|3\n\n"
U_ITEM = (
    "1|Misérables, Les (1995)|01-Jan-1995||http://page|0|0|0|1\n"
    "2|unknown||||1|0|0|0\n"
    "3|Land Before Time III (1995) (V)|01-Jan-1995||http://page|0|1|1|0\n"
)
INTER = (
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    + "5\t2\t3\t881250949\n7\t1\t5\t891717742\n5\t3\t1\t878887116\n"
)
ITEM = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tMisérables, Les\t1995\tDrama\n"
    "2\tunkonwn\tunkonwn\tunknown\n"
    "3\tLand Before Time III (1995)\tV\tAction Children's\n"
)

Write = Callable[[dict[str, str | bytes]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a folder "set" of files; text as UTF-8, line ends as they are."""

    def write(files: dict[str, str | bytes]) -> Path:
        folder = tmp_path / "set"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


def rows(dataset: Dataset) -> list[tuple[int, int, float, int]]:
    r = dataset.ratings
    return list(
        zip(r.user_ids.tolist(), r.movie_ids.tolist(), r.values.tolist(), r.timestamps.tolist(), strict=True)
    )


def test_csv_folder(write: Write) -> None:
    dataset = load_dataset(write({"ratings.csv": RATINGS, "movies.csv": MOVIES, "links.csv": LINKS}))
    assert rows(dataset) == [(7, 2, 3.5, 100), (5, 10, 4.0, 90), (5, 2, 0.5, 95)]  # the order of the file
    assert dataset.name == dataset.catalog.source == "set"
    assert list(dataset.catalog) == [
        Film(
            10,
            "The Postman",
            1994,
            ("Comedy", "Children", "Drama"),
            "tt0110877",
            None,
            ("Il Postino", "Postman, The"),
        ),
        Film(2, "Heat", 1995, (), "tt0113277", 949),
        Film(3, "Babylon 5", None, ("Sci-Fi",)),
    ]


def test_columns_are_found_by_name(write: Write) -> None:
    dataset = load_dataset(
        write(
            {
                "ratings.csv": "\ufeffRating , note,MOVIEID,user_id\r\n3.5,x,2,7\r\n\r\n4,y,10,5\r\n",
                "movies.csv": "Title,Genres,MovieId\r\nHeat (1995),Crime,2\r\nEmma,,10\r\n",
            }
        )
    )
    assert rows(dataset) == [(7, 2, 3.5, 0), (5, 10, 4.0, 0)]
    assert dataset.catalog[2].genres == ("Crime",)


@pytest.mark.parametrize("top", ["", "ml-tiny/", "a/b/"])
def test_zip_with_or_without_a_folder_in_it(tmp_path: Path, top: str) -> None:
    path = tmp_path / "tiny.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{top}ratings.csv", RATINGS)
        archive.writestr(f"{top}movies.csv", MOVIES)
        archive.writestr(f"__MACOSX/{top}movies.csv", "a shadow, deeper than the file itself")
        archive.writestr(f"__MACOSX/{top}ratings.csv", "a shadow")
    dataset = load_dataset(str(path))
    assert (len(dataset.ratings), len(dataset.catalog), dataset.name) == (3, 3, "tiny")


def test_both_copies_of_ml_100k_are_the_same(tmp_path: Path) -> None:
    """GroupLens's u.* files in Latin-1 and RecBole's atomic files in UTF-8 give one catalog."""
    grouplens, recbole = tmp_path / "a", tmp_path / "b"
    grouplens.mkdir()
    recbole.mkdir()
    (grouplens / "u.data").write_text(U_DATA)
    (grouplens / "u.genre").write_text(U_GENRE)
    (grouplens / "u.item").write_text(U_ITEM, encoding="latin-1")
    (recbole / "ml-100k.inter").write_text(INTER)
    (recbole / "ml-100k.item").write_text(ITEM, encoding="utf-8")
    ours, theirs = load_dataset(grouplens), load_dataset(recbole)
    assert list(ours.catalog) == list(theirs.catalog)
    assert list(ours.catalog) == [
        Film(1, "Les Misérables", 1995, ("Drama",), alternatives=("Misérables, Les",)),
        Film(2, "unknown"),
        Film(3, "Land Before Time III", 1995, ("Action", "Children")),
    ]
    assert rows(ours) == rows(theirs) == [(5, 2, 3, 881250949), (7, 1, 5, 891717742), (5, 3, 1, 878887116)]
    assert ours.name == theirs.name == "ml-100k"
    assert ours.catalog.fingerprint == theirs.catalog.fingerprint


def test_ml_1m_layout(write: Write) -> None:
    dataset = load_dataset(
        write(
            {
                "ratings.dat": "1::1193::5::978300760\n2::661::3::978302109\n",
                "movies.dat": "661::Café au Lait (1994)::Animation|Children's\n1193::Emma::Drama\n".encode(
                    "latin-1"
                ),
            }
        )
    )
    assert rows(dataset) == [(1, 1193, 5, 978300760), (2, 661, 3, 978302109)]
    assert dataset.catalog[661] == Film(661, "Café au Lait", 1994, ("Animation", "Children"))


def test_ml_10m_layout(write: Write) -> None:
    """Half stars, and files that are of no use here."""
    files: dict[str, str | bytes] = {
        "ratings.dat": "1::122::0.5::838985046\n1::185::4.5::838983525\n",
        "movies.dat": "122::Boomerang (1992)::Comedy\n185::Net, The (1995)::Thriller\n",
        "tags.dat": "15::185::excellent!::1215184630\n",
        "split_ratings.sh": "#!/bin/sh\n",
    }
    dataset = load_dataset(write(files))
    assert rows(dataset) == [(1, 122, 0.5, 838985046), (1, 185, 4.5, 838983525)]
    assert dataset.catalog[185].title == "The Net"


def test_ml_25m_layout(write: Write) -> None:
    """The files of the CSV layout beside tags and the genome, which are not read, whatever is in them."""
    others = ("tags.csv", "genome-scores.csv", "genome-tags.csv", "README.txt")
    files: dict[str, str | bytes] = {"ratings.csv": RATINGS, "movies.csv": MOVIES, "links.csv": LINKS}
    dataset = load_dataset(write(files | dict.fromkeys(others, b"\xff\x00")))
    assert rows(dataset) == [(7, 2, 3.5, 100), (5, 10, 4.0, 90), (5, 2, 0.5, 95)]
    assert len(dataset.catalog) == 3


FAULTS = {
    "a rating that is no number": (
        "ratings.csv",
        "4.0,90",
        "good,90",
        3,
        "expected a rating between 0.5 and 5",
    ),
    "a rating below the scale": ("ratings.csv", "0.5,95", "0.0,95", 4, "between 0.5 and 5.0, found '0.0'"),
    "a rating above the scale": ("ratings.csv", "0.5,95", "5.5,95", 4, "between 0.5 and 5.0, found '5.5'"),
    "no rating": ("ratings.csv", "0.5,95", ",95", 4, "expected a rating"),
    "not a number": ("ratings.csv", "0.5,95", "nan,95", 4, "expected a rating"),
    "a user that is no number": (
        "ratings.csv",
        "\n5,10",
        "\nbob,10",
        3,
        "whole number as userId, found 'bob'",
    ),
    "a fractional movie": ("ratings.csv", "\n5,10", "\n5,10.5", 3, "whole number as movieId, found '10.5'"),
    "an endless movie": ("ratings.csv", "\n5,10", "\n5,9" + "9" * 30, 3, "whole number as movieId"),
    "a time that is no number": ("ratings.csv", ",90", ",now", 3, "whole number as timestamp, found 'now'"),
    "a movie of more than 64 bits": (
        "ratings.csv",
        "\n5,10",
        "\n5,9223372036854775808",
        3,
        "whole number as movieId, found '9223372036854775808'",
    ),
    "digits that are not ours": ("ratings.csv", "\n5,10", "\n٥,10", 3, "whole number as userId, found '٥'"),
    "quotes left open in a rating": ("ratings.csv", "0.5,95", '0.5,"95', 4, "(unexpected end of data)"),
    "a carriage return": ("ratings.csv", "4.0,90", "4.0\r,90", 3, "expected separated values (new-line"),
    "a field too few": ("ratings.csv", ",90", "", 3, "expected 4 fields, found 3"),
    "a field too many": ("ratings.csv", ",90", ",90,1", 3, "expected 4 fields, found 5"),
    "a rating twice": ("ratings.csv", "5,2,0.5", "5,10,0.5", 4, "user 5 rates movie 10 again"),
    "a movie that is not there": ("ratings.csv", "5,2,0.5", "5,99,0.5", 4, "found movie 99, which it lacks"),
    "a column missing in ratings": ("ratings.csv", "rating,", "stars,", 1, "rating is missing"),
    "a column there twice": ("ratings.csv", "movieId", "userId", 1, "expected one column userId, found 2"),
    "a column missing in movies": ("movies.csv", "title", "name", 1, "title is missing"),
    "a movie id that is no number": ("movies.csv", "2,Heat", "x,Heat", 3, "as movie id, found 'x'"),
    "a movie twice": ("movies.csv", "3,Babylon", "10,Babylon", 4, "movie 10 is there again"),
    "a comma without quotes": ("movies.csv", "Heat (", "Heat, or so (", 3, "expected 3 fields, found 4"),
    "quotes left open": ("movies.csv", "Babylon 5", '"Babylon 5', 4, "comma-separated values"),
    "no title": ("movies.csv", "Babylon 5", " ", 4, "expected a title"),
    "a link that is no number": ("links.csv", "0113277", "heat", 2, "at IMDb or TMDB, found 'heat'"),
    "a page instead of links": ("links.csv", LINKS, "<html>no</html>\n", 1, "movieId is missing in '<html>"),
    "a page instead of movies": ("movies.csv", MOVIES, "<html>no</html>\n", 1, "movieId, title"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_and_line(write: Write, fault: str) -> None:
    name, old, new, line, text = FAULTS[fault]
    files: dict[str, str | bytes] = {"ratings.csv": RATINGS, "movies.csv": MOVIES, "links.csv": LINKS}
    before = str(files[name])
    assert before.count(old) == 1
    files[name] = before.replace(old, new)
    with pytest.raises(InvalidData) as caught:
        load_dataset(write(files))
    assert f"{name}, line {line}: " in str(caught.value)
    assert text in str(caught.value)


def test_every_line_with_a_field_too_many_is_a_fault(write: Write) -> None:
    """What is left without it makes sense here."""
    with pytest.raises(InvalidData, match=r"ratings\.csv, line 2: expected 3 fields, found 4"):
        load_dataset(write({"ratings.csv": "userId,movieId,rating\n7,2,3,4\n", "movies.csv": MOVIES}))


def test_ids_are_exact_to_the_last_of_64_bits(write: Write) -> None:
    """2⁵³ + 1 is no double."""
    ratings = "userId,movieId,rating,timestamp\n9223372036854775807,9007199254740993,3,-9223372036854775808\n"
    movies = "movieId,title,genres\n9007199254740993,Heat (1995),Crime\n"
    found = load_dataset(write({"ratings.csv": ratings, "movies.csv": movies}))
    assert rows(found) == [(2**63 - 1, 2**53 + 1, 3, -(2**63))]


def test_quoted_fields_and_notes_in_any_encoding(write: Write) -> None:
    ratings = (
        b'userId,note,movieId,rating\n"7","a, ""b"" and\nc","2","3.5"\n 5 ,,+10,4e0\n'
        + b"7,caf\xe9,10,.5"  # and no line end
    )
    found = load_dataset(write({"ratings.csv": ratings, "movies.csv": MOVIES}))
    assert rows(found) == [(7, 2, 3.5, 0), (5, 10, 4, 0), (7, 10, 0.5, 0)]


def test_quotes_that_nobody_closes_take_in_no_ratings(write: Write) -> None:
    """All that follows would be one note."""
    ratings = 'userId,movieId,rating,note\n7,2,3,fine\n5,2,4,"oh\n5,10,4,no\n'
    with pytest.raises(InvalidData, match=r"ratings\.csv, line 3: expected separated values"):
        load_dataset(write({"ratings.csv": ratings, "movies.csv": MOVIES}))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", r"line 1: expected a header"),
        (b"\n\n", r"line 1: expected a header"),
        (b"userId,movieId,rating\n", r"ratings\.csv: expected ratings"),
    ],
)
def test_empty_ratings(write: Write, content: bytes, text: str) -> None:
    with pytest.raises(InvalidData, match=text):
        load_dataset(write({"ratings.csv": content, "movies.csv": MOVIES}))


def test_text_that_is_not_utf_8(write: Write) -> None:
    movies = MOVIES.replace("Heat", "Café").encode("latin-1")
    with pytest.raises(InvalidData, match=r"movies\.csv, line 3: expected UTF-8 text, found byte 0xe9"):
        load_dataset(write({"ratings.csv": RATINGS, "movies.csv": movies}))


@pytest.mark.parametrize(
    ("name", "old", "new", "text"),
    [
        ("u.data", "7\t1\t5", "7\t1\tfive", r"u\.data, line 2: expected a rating"),
        ("u.data", "7\t1\t5\t", "7 1 5 ", r"u\.data, line 2: expected 4 fields, found 1"),
        ("u.item", "|0|0|0|1", "|0|0|1", r"u\.item, line 1: expected 9 fields, found 8"),
        ("u.item", "|0|0|0|1", "|0|0|0|yes", r"u\.item, line 1: expected 0 or 1 for each genre"),
    ],
)
def test_faults_in_ml_100k(write: Write, name: str, old: str, new: str, text: str) -> None:
    files: dict[str, str | bytes] = {"u.data": U_DATA, "u.item": U_ITEM, "u.genre": U_GENRE}
    files[name] = str(files[name]).replace(old, new)
    with pytest.raises(InvalidData, match=text):
        load_dataset(write(files))


def test_faults_in_atomic_files(write: Write) -> None:
    folder = write({"x.inter": INTER.replace("item_id", "thing"), "x.item": ITEM})
    with pytest.raises(InvalidData, match=r"x\.inter, line 1: .*movieId is missing"):
        load_dataset(folder)
    (folder / "x.inter").write_text(INTER)
    (folder / "x.item").write_text("")
    with pytest.raises(InvalidData, match=r"x\.item, line 1: expected a header"):
        load_dataset(folder)


def test_faults_in_ml_1m(write: Write) -> None:
    with pytest.raises(InvalidData, match=r"ratings\.dat, line 2: expected 4 fields, found 3"):
        load_dataset(write({"ratings.dat": "1::1::5::9\n2::1::3\n", "movies.dat": "1::Heat (1995)::Crime\n"}))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<!DOCTYPE html>\n<p>Moved</p>", "whole zip, it starts with b'<!DOCTYPE html>'"),
        (b"", "whole zip, it is empty"),
    ],
)
def test_a_file_that_is_no_zip(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "ml-1m.zip"
    path.write_bytes(content)
    with pytest.raises(InvalidData) as caught:
        load_dataset(path)
    assert f"{path}: expected a folder or a {text}" in str(caught.value)


def test_a_zip_cut_short_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / "tiny.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ratings.csv", RATINGS)
        archive.writestr("movies.csv", MOVIES)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(InvalidData, match="damaged or cut short"):
        load_dataset(path)
    spoilt = bytearray(whole)
    at = whole.index(b"ratings.csv") + len("ratings.csv") + 8
    spoilt[at : at + 8] = b"\xff" * 8
    path.write_bytes(bytes(spoilt))
    with pytest.raises(InvalidData, match=r"tiny\.zip/ratings\.csv: expected a whole zip"):
        load_dataset(path)


def test_names_and_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"ml-2m: expected one of .*ml-latest-small, .*ml-32m"):
        load_dataset("ml-2m", folder=tmp_path)
    with pytest.raises(DataUnavailable, match="nothing is there"):
        load_dataset(tmp_path / "absent")
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_data_set_or_with_two(write: Write) -> None:
    folder = write({"notes.txt": "none"})
    with pytest.raises(InvalidData, match=r"expected ratings\.csv \+ movies\.csv.*found notes\.txt"):
        load_dataset(folder)
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "ratings.csv").write_text(RATINGS)
        (folder / name / "movies.csv").write_text(MOVIES)
    with pytest.raises(InvalidData, match="found one, two; name one of them"):
        load_dataset(folder)
    assert load_dataset(folder / "two").name == "two"


def test_a_data_set_that_is_there_is_read_by_name(tmp_path: Path) -> None:
    """No network: pytest would fail on it."""
    (tmp_path / "ml-latest-small").mkdir()
    (tmp_path / "ml-latest-small" / "ratings.csv").write_text(RATINGS)
    (tmp_path / "ml-latest-small" / "movies.csv").write_text(MOVIES)
    reported: list[tuple[str, int, int | None]] = []
    dataset = load_dataset(
        "ml-latest-small",
        folder=tmp_path,
        progress=lambda label, done, total: reported.append((label, done, total)),
    )
    assert dataset.name == "ml-latest-small"
    assert reported == [("Reading ml-latest-small", 0, None), ("Reading ml-latest-small", 3, 3)]


@pytest.mark.process
def test_reading_loads_no_torch(write: Write) -> None:
    folder = write({"ratings.csv": RATINGS, "movies.csv": MOVIES})
    code = "import sys, recsys; recsys.load_dataset(sys.argv[1]); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == 0
