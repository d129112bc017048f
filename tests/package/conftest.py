"""The sdist and the wheel, built once for all workers from what git knows of this tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Built:
    """The two files that a release publishes, and where they are from."""

    sdist: Path
    wheel: Path
    source: Path  # the clone that they are made of


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """The wheel is made of the sdist, which so proves to hold all that it needs.

    A release names the folder of what it built in MATINEE_TEST_DIST: that is tested then.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    folder, source = shared / "dist", shared / "source"
    with FileLock(shared / "dist.lock"):
        if not folder.exists():
            for name in tracked():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, source / name)
            if made := os.environ.get("MATINEE_TEST_DIST"):
                shutil.copytree(made, folder)
                return _built(folder, source)
            command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)]
            environment = {**os.environ, "PYTHONWARNINGS": "default"}  # setuptools' own are not ours
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return _built(folder, source)


def _built(folder: Path, source: Path) -> Built:
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(sdist, wheel, source)


def tracked() -> list[str]:
    """Files of the working tree that git knows or would take, as a clean clone would have them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
