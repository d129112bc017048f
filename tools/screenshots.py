"""Make the pictures of README and docs from a real conversation.

    MATINEE_HOME=… python -m tools.screenshots docs/images

The home must be prepared. It is copied, so that nobody's conversation comes into the picture.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from selenium.webdriver import Chrome

from tools.browser import open_browser

ADA = 5_170_394_001
_PATIENCE = 60.0  # seconds


class People:
    """Ada and her friends, played through the control API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/control", timeout=_PATIENCE)

    def say(self, person: int, text: str) -> None:
        """Write, and wait for the answer."""
        sent = self._http.post(f"/chats/{person}/messages", json={"text": text}).raise_for_status().json()
        self.wait(person, lambda newest: newest["message_id"] > sent["message_id"])

    def wait(self, person: int, reached: Callable[[Any], bool]) -> None:
        """Wait until the newest message is as it should be."""
        deadline = time.monotonic() + _PATIENCE
        while not reached(self.newest(person)):
            if time.monotonic() > deadline:
                raise TimeoutError("the bot does not answer")
            time.sleep(0.1)

    def tap(self, person: int, label: str) -> None:
        """Tap the newest such button, and wait for the answer."""
        body = {"label": label, "wait": _PATIENCE}
        self._http.post(f"/chats/{person}/taps", json=body).raise_for_status()

    def newest(self, person: int) -> Any:
        """The newest message."""
        return self._http.get(f"/chats/{person}").json()["messages"][-1]

    def group(self) -> Any:
        """The demo's group."""
        return self._http.get("/groups").json()[0]

    def act(self, group: int, path: str, person: int, **body: Any) -> None:
        """Do something in the group."""
        self._http.post(f"/chats/{group}{path}", json={"person_id": person, **body}).raise_for_status()


def converse(people: People) -> None:
    """Ada says what she likes, rates five films, and has her first list."""
    people.say(ADA, "/start")
    people.tap(ADA, "Crime")
    people.tap(ADA, "Done")
    for answers, stars in enumerate((4, 5, 3, 5, 4)):
        people.wait(ADA, lambda newest, n=answers: f"{n} of 5" in newest["text"])  # type: ignore[misc]
        people.tap(ADA, f"{stars}★")
    people.wait(ADA, lambda newest: "For you" in newest["text"])


def gather(people: People) -> tuple[int, list[int]]:
    """A night of three, with the poll out and two votes in it; the group and who is in it."""
    group = people.group()
    place, members = group["chat_id"], [m["person_id"] for m in group["members"] if not m["is_bot"]]
    people.act(place, "/messages", members[0], text="/night 90s")
    people.wait(place, lambda newest: newest["labels"])
    for person in members[1:]:
        people.act(place, "/taps", person, label="Join", wait=_PATIENCE)
    people.act(place, "/taps", members[0], label="Start poll", wait=_PATIENCE)
    people.wait(place, lambda newest: newest["poll"])
    films = [option["text"] for option in people.newest(place)["poll"]["options"]]
    people.act(place, "/votes", members[0], options=films[:1])
    people.act(place, "/votes", members[1], options=films[2:3])
    return place, members


def shoot(url: str, folder: Path, scratch: Path, group: int, members: list[int]) -> None:
    """Ada's first list, and the group as two of its people."""
    with open_browser(scratch / "conversation", width=940, height=660) as browser:
        _open(browser, f"{url}/#{ADA}")
        _save(browser, folder / "conversation.webp")
    with open_browser(scratch / "group", width=1180, height=900) as browser:
        _open(browser, f"{url}/#{group}@{members[0]},{group}@{members[2]}")
        _save(browser, folder / "group.webp")


def _save(browser: Chrome, file: Path) -> None:
    """As WebP: a fifth of a PNG, and no artefacts to see."""
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 85})
    file.write_bytes(b64decode(shot["data"]))


def _open(browser: Chrome, address: str) -> None:
    browser.get(address)
    deadline = time.monotonic() + _PATIENCE
    while not browser.find_elements("css selector", ".message"):
        if time.monotonic() > deadline:
            raise TimeoutError("the page shows no message")
    time.sleep(0.5)  # until everything has its place


def main(folder: Path) -> None:
    """Start the demo in a copy of the home, talk, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        shutil.copytree(Path(os.environ["MATINEE_HOME"]) / "models", home / "models")
        environment = {**os.environ, "MATINEE_HOME": str(home)}
        demo = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--port", str(port)],
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            people = People(url)
            converse(people)
            shoot(url, folder, Path(scratch), *gather(people))
        finally:
            demo.terminate()
            demo.wait(_PATIENCE)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            httpx.get(f"{url}/control/bot").raise_for_status()
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
