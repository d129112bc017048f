"""Matinee installed in a folder: from a wheel, and as the Dockerfile does, for want of a container engine.

pip needs its index, so it runs without the guard that keeps tests on this machine.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.dockerfile import Stage, copied, read_stages

_FOLDERS = re.compile(r"(?<![\w/.])/(src|dist|opt)\b")  # of the image; here they are in one folder


def install(wheel: Path, root: Path) -> Path:
    """A wheel and what it needs, in an empty environment at `root`; the folder of its programs."""
    environment = _environment(root)
    command = [str(root / "python" / "bin" / "python"), "-m", "venv", "--without-pip", str(root / "venv")]
    subprocess.run(command, env=environment, check=True)
    _run(f"pip --python={root}/venv install --disable-pip-version-check {wheel}", root, environment)
    return root / "venv" / "bin"


def build(target: str, source: Path, root: Path) -> Path:
    """Take the steps of `build-TARGET` on a clone, in `root` and not in `/`; the folder of its programs."""
    environment = _environment(root)
    stages = read_stages()
    done: set[str] = set()
    for name in ("wheel", f"build-{target}"):  # the second copies from the first
        for each in _chain(stages, name):
            if each.name not in done:
                done.add(each.name)
                _take(each, source, root, environment)
    return root / "opt" / "matinee" / "bin"


def _environment(root: Path) -> dict[str, str]:
    """Variables of a shell that finds a Python of its own first, with pip, as the image of Python has it."""
    python = root / "python"
    subprocess.run([sys.executable, "-m", "venv", str(python)], check=True)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return plain | {"PATH": os.pathsep.join([str(python / "bin"), os.environ["PATH"]])}


def _chain(stages: dict[str, Stage], name: str) -> list[Stage]:
    """The stages that one stands on, and itself."""
    stage = stages[name]
    return [*(_chain(stages, stage.origin) if stage.origin in stages else []), stage]


def _take(stage: Stage, source: Path, root: Path, environment: dict[str, str]) -> None:
    """Copy what a stage copies, and run what it runs."""
    given = dict(each.split("=", 1) for line in stage.all("ENV") for each in shlex.split(line))
    given |= dict(each.split("=", 1) for each in stage.all("ARG"))
    environment |= given
    into = root / "src"
    into.mkdir(exist_ok=True)
    for name in copied(stage):
        if (source / name).is_dir():
            shutil.copytree(source / name, into / name)
        else:
            shutil.copy(source / name, into / name)
    for command in stage.all("RUN"):
        _run(_FOLDERS.sub(lambda found: f"{root}/{found[1]}", command), into, environment)


def _run(command: str, folder: Path, environment: dict[str, str]) -> None:
    ran = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
