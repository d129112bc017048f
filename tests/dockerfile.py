"""The Dockerfile, read: no container engine runs where these tests run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass
class Stage:
    """One FROM and what follows it: (instruction, arguments), in order."""

    name: str
    origin: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """The arguments of every step of a kind."""
        return [arguments for kind, arguments in self.steps if kind == instruction]


def read_stages() -> dict[str, Stage]:
    """Stages by name, in the order of the file."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, Stage] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            origin, _, name = arguments.split()
            found[name] = Stage(name, origin)
        else:
            list(found.values())[-1].steps.append((instruction, arguments))
    return found


def whole(stages: dict[str, Stage], name: str) -> Stage:
    """A stage with the steps of those that it stands on before its own."""
    stage = stages[name]
    before = whole(stages, stage.origin) if stage.origin in stages else Stage(name, stage.origin)
    return Stage(name, before.origin, [*before.steps, *stage.steps])


def copied(stage: Stage) -> list[str]:
    """What a stage takes from the folder that the image is built from."""
    own = [arguments for arguments in stage.all("COPY") if not arguments.startswith("--from")]
    return [source for arguments in own for source in shlex.split(arguments)[:-1]]
