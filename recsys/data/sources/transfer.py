"""One file over HTTP: checked against its published MD5, resumed after a cut, and never half there."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Protocol, TypeVar

from recsys.errors import InvalidData

_REACH_SECONDS = 9.0  # for the checksum and the first answer together
_STALL_SECONDS = 9.0  # without a byte
_CHUNK = 1 << 18

_T = TypeVar("_T")


class OnProgress(Protocol):
    """Told what is being done and how much of it is: bytes or ratings. `total` is None where unknown."""

    def __call__(self, label: str, done: int, total: int | None) -> None: ...


class Unreachable(Exception):
    """A host that does not answer, or not with what was asked for; the text says which."""


def download(url: str, target: Path, progress: OnProgress) -> None:
    """Bring `url` to `target`; its MD5 is expected at `url`.md5.

    Bytes go to `target`.part, which a later call continues, and are renamed when they are complete. Raises
    Unreachable (within ten seconds where nothing answers) and leaves the .part; raises InvalidData when the
    checksum differs and leaves nothing.
    """
    part = target.with_name(f"{target.name}.part")
    start = part.stat().st_size if part.exists() else 0
    expected, response = _within_reach(lambda: (_published_md5(url), _open(url, start)))
    resumed = response.status == HTTPStatus.PARTIAL_CONTENT
    with response:
        _receive(response, part, start if resumed else 0, f"Downloading {target.name}", progress)
    if _md5(part) == expected:
        os.replace(part, target)
        sync_folder(target.parent)
        return
    part.unlink()
    if not resumed:
        raise InvalidData(f"{url}: expected a file with MD5 {expected}, another came; run again")
    download(url, target, progress)  # the published file has changed since the part was left


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _within_reach(call: Callable[[], _T]) -> _T:
    """The result of `call` within _REACH_SECONDS; in a thread, for name look-ups heed no timeout."""
    outcome: list[_T] = []
    failure: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(call())
        except urllib.error.HTTPError as error:
            error.close()  # it holds the connection
            failure.append(Unreachable(str(error)))
        except urllib.error.URLError as error:
            failure.append(Unreachable(str(error.reason)))
        except (OSError, http.client.HTTPException) as error:
            failure.append(Unreachable(str(error)))
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True, name="reach-host")
    thread.start()
    thread.join(_REACH_SECONDS)
    if outcome:
        return outcome[0]
    raise failure[0] if failure else Unreachable("no answer within ten seconds")


def _published_md5(url: str) -> str:
    with urllib.request.urlopen(f"{url}.md5", timeout=_REACH_SECONDS) as response:
        text = response.read(4096).decode("ascii", errors="replace")
    match = re.search(r"\b[0-9a-f]{32}\b", text, re.IGNORECASE)
    if match is None:  # a captive portal, or a proxy that answers everything
        raise Unreachable(f"{url}.md5 is not a checksum")
    return match[0].lower()


def _open(url: str, start: int) -> http.client.HTTPResponse:
    """The bytes of `url` from `start` on, or from 0 where the server prefers: see its status."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=_STALL_SECONDS
        )
    except urllib.error.HTTPError as error:
        if start and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            return _open(url, 0)
        raise
    if not isinstance(response, http.client.HTTPResponse):
        raise Unreachable(f"{url} is not an HTTP address")
    came_from = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if response.status == HTTPStatus.PARTIAL_CONTENT and (not came_from or int(came_from[1]) != start):
        response.close()
        return _open(url, 0)
    return response


def _receive(
    response: http.client.HTTPResponse, part: Path, start: int, label: str, progress: OnProgress
) -> None:
    done = start
    length = response.headers.get("Content-Length")
    total = start + int(length) if length else None
    progress(label, done, total)
    with part.open("r+b" if start else "wb") as file:
        file.seek(start)
        try:
            while chunk := response.read1(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(label, done, total)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"the connection broke after {done:,} bytes: {error}") from error
        finally:
            file.flush()
            os.fsync(file.fileno())
    if total is not None and done < total:
        raise Unreachable(f"the connection broke after {done:,} of {total:,} bytes")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
