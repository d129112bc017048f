"""fetch, against a real HTTP server and a real pip on this machine."""

from __future__ import annotations

import hashlib
import io
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recsys.data.sources import download, transfer
from recsys.data.sources.datasets import load_dataset
from recsys.data.sources.download import fetch
from recsys.data.sources.layouts import holds_data_set
from recsys.errors import DataUnavailable, InvalidData

NAME = "ml-latest-small"


def packed(comment: str = "") -> bytes:
    """A small data set as a zip, a few kilobytes large so that it can be cut."""
    ratings = "".join(f"{user},{movie},3.5,9\n" for user in range(60) for movie in range(1, 20))
    movies = "".join(f"{movie},Film {movie} (1995),Drama\n" for movie in range(1, 20))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(f"{NAME}/ratings.csv", "userId,movieId,rating,timestamp\n" + ratings)
        archive.writestr(f"{NAME}/movies.csv", "movieId,title,genres\n" + movies)
        archive.writestr(f"{NAME}/README.txt", comment)
    return target.getvalue()


@dataclass
class Shelf:
    """What the server has and how it behaves. `asked`: paths with their Range header."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    cut_after: int | None = None
    status: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def put(self, content: bytes, md5: str | None = None) -> None:
        self.files[f"/{NAME}.zip"] = content
        digest = md5 or hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.files[f"/{NAME}.zip.md5"] = f"MD5 ({NAME}.zip) = {digest}\n".encode()

    def zips_asked(self) -> list[str | None]:
        return [span for path, span in self.asked if path.endswith(".zip")]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A server of files on this machine."""
    monkeypatch.setenv("no_proxy", "*")
    shelf = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range")
            shelf.asked.append((self.path, span))
            content = shelf.files.get(self.path)
            if shelf.status or content is None:
                self.send_error(shelf.status or 404)
                return
            start = int(span.removeprefix("bytes=").removesuffix("-")) if span and shelf.ranges else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            is_cut = shelf.cut_after is not None and self.path.endswith(".zip")
            self.wfile.write(content[start : shelf.cut_after] if is_cut else content[start:])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield shelf
    server.shutdown()
    server.server_close()
    thread.join()


def visible(folder: Path) -> list[str]:
    """Names in a folder, without the lock and the digest."""
    return sorted(path.name for path in folder.iterdir() if path.suffix not in (".lock", ".sha256"))


def test_download_once(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed())
    reported: list[tuple[str, int, int | None]] = []
    path = fetch(NAME, tmp_path / "new", lambda *args: reported.append(args), base_url=f"{shelf.url}/")
    assert path == tmp_path / "new" / NAME
    assert visible(path) == ["README.txt", "movies.csv", "ratings.csv"]
    assert visible(tmp_path / "new") == [NAME]
    assert len(load_dataset(NAME, folder=tmp_path / "new").ratings) == 1140
    size = len(packed())
    assert (reported[0], reported[-1]) == (
        (f"Downloading {NAME}.zip", 0, size),
        (f"Downloading {NAME}.zip", size, size),
    )
    asked = len(shelf.asked)
    assert fetch(NAME, tmp_path / "new", base_url=shelf.url) == path
    assert len(shelf.asked) == asked


def test_a_wrong_checksum_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed(), md5="0" * 32)
    with pytest.raises(InvalidData, match=r"expected a file with MD5 0{32}"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert visible(tmp_path) == []


def test_a_cut_download_goes_on(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed())
    shelf.cut_after = 1000
    with pytest.raises(DataUnavailable, match=r"the connection broke after 1,000 of"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert visible(tmp_path) == [f"{NAME}.zip.part"]
    assert not holds_data_set(tmp_path)
    shelf.cut_after = None
    reported: list[int] = []
    path = fetch(NAME, tmp_path, lambda label, done, total: reported.append(done), base_url=shelf.url)
    assert shelf.zips_asked() == [None, "bytes=1000-"]
    assert reported[0] == 1000
    assert len(load_dataset(path).ratings) == 1140
    assert visible(tmp_path) == [NAME]


@pytest.mark.parametrize("part", [packed()[:1000], packed()], ids=["part", "all"])
def test_a_server_without_ranges(shelf: Shelf, tmp_path: Path, part: bytes) -> None:
    shelf.put(packed())
    shelf.ranges = False
    (tmp_path / f"{NAME}.zip.part").write_bytes(part)
    assert len(load_dataset(fetch(NAME, tmp_path, base_url=shelf.url)).ratings) == 1140
    assert shelf.zips_asked() == [f"bytes={len(part)}-"]


@pytest.mark.parametrize("length", [1000, 100_000], ids=["shorter", "longer"])
def test_a_part_of_another_file_is_dropped(shelf: Shelf, tmp_path: Path, length: int) -> None:
    shelf.put(packed("this year's"))
    (tmp_path / f"{NAME}.zip.part").write_bytes(b"x" * length)
    assert (fetch(NAME, tmp_path, base_url=shelf.url) / "README.txt").read_text() == "this year's"
    assert shelf.zips_asked() == [f"bytes={length}-", None]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_an_answer_without_data(shelf: Shelf, tmp_path: Path, status: int) -> None:
    shelf.put(packed())
    shelf.status = status
    with pytest.raises(DataUnavailable, match=rf"{status}.*ml-100k.*path"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert visible(tmp_path) == []


def test_a_page_instead_of_a_checksum(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed())
    shelf.files[f"/{NAME}.zip.md5"] = b"<html>Please log in</html>"
    with pytest.raises(DataUnavailable, match="not a checksum"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert visible(tmp_path) == []


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DataUnavailable, match=r"cannot be reached .*ml-100k.*path of a folder or zip"):
        fetch(NAME, tmp_path, base_url=f"http://127.0.0.1:{port}")
    assert visible(tmp_path) == []


def test_a_name_server_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up a name heeds no timeout, so fetch has a limit of its own."""
    answer = threading.Event()
    done = threading.Event()

    def never(*args: object, **kwargs: object) -> list[object]:
        answer.wait()
        done.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(transfer, "_REACH_SECONDS", 0.1)
    with pytest.raises(DataUnavailable, match="no answer within ten seconds"):
        fetch(NAME, tmp_path)
    assert visible(tmp_path) == []
    answer.set()
    assert done.wait(10)


def test_two_at_once_download_once(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed())
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(fetch(NAME, tmp_path, base_url=shelf.url)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [tmp_path / NAME] * 4
    assert shelf.zips_asked() == [None]


def test_a_broken_zip_that_lies_there_is_fetched_anew(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed())
    (tmp_path / f"{NAME}.zip").write_bytes(b"PK\x03\x04 half")
    assert fetch(NAME, tmp_path, base_url=shelf.url) == tmp_path / NAME
    assert visible(tmp_path) == [NAME]


def test_a_download_that_is_no_zip(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(b"PK\x03\x04 half")
    with pytest.raises(InvalidData, match="expected a whole zip"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert visible(tmp_path) == []


def test_a_zip_without_the_data_set(shelf: Shelf, tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(f"{NAME}/README.txt", "moved")
    shelf.put(target.getvalue())
    with pytest.raises(InvalidData, match="expected a folder with ratings"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert visible(tmp_path) == []


def test_a_zip_put_there_by_hand_is_used(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.zip").write_bytes(packed())
    assert fetch(NAME, tmp_path) == tmp_path / f"{NAME}.zip"


def test_a_folder_in_the_way(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(packed())
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "notes.txt").write_text("mine")
    with pytest.raises(DataUnavailable, match=f"{NAME} is in the way"):
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert (tmp_path / NAME / "notes.txt").read_text() == "mine"


def test_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="ml-99: expected one of ml-latest-small, ml-100k"):
        fetch("ml-99", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which pip takes its packages, in place of an index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def put_wheel(wheelhouse: Path) -> bytes:
    wheel = wheelhouse / "recbole-1.2.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        meta = "recbole-1.2.1.dist-info"
        archive.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n")
        archive.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{meta}/RECORD", "")
        archive.writestr(
            "recbole/dataset_example/ml-100k/ml-100k.inter",
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n5\t1\t3\t881250949\n",
        )
        archive.writestr(
            "recbole/dataset_example/ml-100k/ml-100k.item",
            "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n1\tHeat\t1995\tCrime\n",
        )
        archive.writestr("recbole/dataset_example/ml-100k/ml-100k.kg", "not wanted")
    return wheel.read_bytes()


@pytest.mark.process
def test_ml_100k_comes_from_the_package_index(
    shelf: Shelf, wheelhouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_RECBOLE_SHA256", hashlib.sha256(put_wheel(wheelhouse)).hexdigest())
    path = fetch("ml-100k", tmp_path / "data", base_url=shelf.url)
    assert path == tmp_path / "data" / "ml-100k"
    assert visible(path) == ["ml-100k.inter", "ml-100k.item"]
    assert visible(tmp_path / "data") == ["ml-100k"]
    assert load_dataset("ml-100k", folder=tmp_path / "data").catalog[1].title == "Heat"


@pytest.mark.process
def test_another_wheel_than_the_published_one(shelf: Shelf, wheelhouse: Path, tmp_path: Path) -> None:
    put_wheel(wheelhouse)
    with pytest.raises(InvalidData, match="expected SHA-256"):
        fetch("ml-100k", tmp_path / "data", base_url=shelf.url)
    assert visible(tmp_path / "data") == []


@pytest.mark.process
def test_no_wheel_either(shelf: Shelf, wheelhouse: Path, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"GroupLens cannot be reached .*pip did not bring recbole"):
        fetch("ml-100k", tmp_path / "data", base_url=shelf.url)
    assert visible(tmp_path / "data") == []


@pytest.mark.process
def test_no_pip(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    with pytest.raises(DataUnavailable, match=r"pip did not bring recbole==1\.2\.1: .*no-python"):
        fetch("ml-100k", tmp_path / "data", base_url=shelf.url)
    assert visible(tmp_path / "data") == []


def test_another_file_than_the_first_is_refused_until_it_is_accepted(shelf: Shelf, tmp_path: Path) -> None:
    """Its MD5 is right: it comes from the same server."""
    shelf.put(packed("the first"))
    folder = fetch(NAME, tmp_path, base_url=shelf.url)
    first = hashlib.sha256(shelf.files[f"/{NAME}.zip"]).hexdigest()
    remembered = tmp_path / f".{NAME}.zip.sha256"
    assert remembered.read_text().split() == [first, f"{NAME}.zip"]
    shutil.rmtree(folder)
    assert fetch(NAME, tmp_path, base_url=shelf.url) == folder
    shutil.rmtree(folder)
    shelf.put(packed("another"))
    with pytest.raises(InvalidData, match=f"SHA-256 {first}, another came: .*delete {remembered}") as caught:
        fetch(NAME, tmp_path, base_url=shelf.url)
    assert "\n" not in str(caught.value)
    assert visible(tmp_path) == []
    remembered.unlink()
    assert (fetch(NAME, tmp_path, base_url=shelf.url) / "README.txt").read_text() == "another"


def test_a_download_that_leads_out_of_its_folder(shelf: Shelf, tmp_path: Path) -> None:
    content = io.BytesIO(packed())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("../out", "")
    shelf.put(content.getvalue())
    with pytest.raises(InvalidData, match="leads out of it"):
        fetch(NAME, tmp_path / "data", base_url=shelf.url)
    assert not (tmp_path / "out").exists()
