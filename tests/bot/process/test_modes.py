"""Who may read a home: its owner alone, whatever a version before left there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doctor.findings import Level
from bot.doctor.surroundings import privacy
from bot.films.store import open_store
from bot.process import modes
from bot.process.modes import keep_private, open_to_others, tighten
from recsys.serving.artifact import MANIFEST

OURS = (
    "matinee.db",
    "matinee.db-wal",
    "demo-telegram.db",
    "lock",
    "models/0001/manifest.json",
    "backups/a.db",
)
THEIRS = ("notes.txt", "ml-100k/u.data")


@pytest.fixture
def umask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An operator's, as it is before a process of ours; and as it was, afterwards."""
    before = os.umask(0o027)
    monkeypatch.setattr(modes, "_operators_umask", None)
    yield
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path, umask: None) -> Path:
    """As 0.1.0 left it."""
    for name in (*OURS, *THEIRS):
        file = tmp_path / "home" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        file.chmod(0o644)
    (tmp_path / "home").chmod(0o755)
    return tmp_path / "home"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_old_home_is_closed_and_what_else_lies_there_is_left(home: Path) -> None:
    outside = home.parent / "outside.db"
    outside.write_text("x")
    outside.chmod(0o644)
    (home / "linked.db").symlink_to(outside)
    (home / "models" / "linked").symlink_to(home.parent)
    assert privacy(home, home / "matinee.db").level is Level.WARN
    closed, failed = tighten(home)
    assert (closed, failed) == (len(OURS) + 4, [])  # and home, models, models/0001, backups
    assert {mode(home / name) for name in OURS} == {0o600}
    assert {mode(home / name) for name in (".", "models", "models/0001", "backups")} == {0o700}
    assert {mode(home / name) for name in THEIRS} == {0o644}
    assert mode(outside) == 0o644
    assert tighten(home) == (0, [])
    assert privacy(home, home / "matinee.db").level is Level.OK


def test_a_folder_that_all_users_share_is_no_home(home: Path) -> None:
    home.chmod(0o1777)
    tighten(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o1777
    assert mode(home / "matinee.db") == 0o600


def test_a_database_elsewhere_is_looked_at_by_the_doctor(home: Path, tmp_path: Path) -> None:
    tighten(home)
    elsewhere = tmp_path / "matinee.db"
    elsewhere.write_text("x")
    assert list(open_to_others(home, elsewhere)) == [elsewhere]
    found = privacy(home, elsewhere)
    assert (found.level, found.advice) == (Level.WARN, f"chmod go= {elsewhere}*")


@pytest.mark.parametrize("inside", [False, True])
def test_what_is_made_is_private_but_for_a_place_that_is_shared_on_purpose(
    home: Path, tmp_path: Path, inside: bool
) -> None:
    keep_private()
    artifact = home / "work" / "artifact"
    artifact.mkdir(parents=True)
    for name in ("weights.safetensors", MANIFEST):
        (artifact / name).write_text("{}")
    outer = (home if inside else tmp_path) / "outer"
    outer.mkdir()
    outer.chmod(0o2770)  # of a group; what is made in it is that group's
    shared = outer / "on" / "the" / "way"
    open_store(home / "models", str(shared)).publish(artifact, 2)
    assert {mode(shared / "0002" / name) for name in ("weights.safetensors", MANIFEST)} == {
        0o600 if inside else 0o640
    }
    made = [shared / "0002", shared, shared.parent, shared.parent.parent]
    assert {mode(folder) for folder in made} == {0o2700 if inside else 0o2750}
    assert mode(home / "models" / "0002" / MANIFEST) == 0o600
