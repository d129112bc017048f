"""What the Dockerfile does to build a target, done in a folder: no container engine runs where tests run."""

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


def build(target: str, source: Path, root: Path) -> Path:
    """Take the steps of `build-TARGET` on a clone, in `root` and not in `/`; the folder of its programs.

    pip needs its index, so it runs without the guard that keeps tests on this machine.
    """
    python = root / "python"  # that of the image it starts from
    subprocess.run([sys.executable, "-m", "venv", str(python)], check=True)
    plain = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONWARNINGS")
    }
    environment = plain | {"PATH": os.pathsep.join([str(python / "bin"), os.environ["PATH"]])}
    stages = read_stages()
    done: set[str] = set()
    for name in ("wheel", f"build-{target}"):  # the second copies from the first
        for each in _chain(stages, name):
            if each.name not in done:
                done.add(each.name)
                _take(each, source, root, environment)
    return root / "opt" / "matinee" / "bin"


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
        here = _FOLDERS.sub(lambda found: f"{root}/{found[1]}", command)
        ran = subprocess.run(
            ["sh", "-c", here], cwd=into, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{here}\n{ran.stdout}{ran.stderr}"
