"""Results as Markdown, kept in a file where each section replaces its own when it runs again."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.peers.process import ENVIRONMENT, Peers

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Options:
    """What every script takes. `quick`: fewer seeds and peers; `extra`: what one script takes besides."""

    path: str
    seeds: tuple[int, ...]
    quick: bool
    peers: Peers
    into: Path | None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Section:
    """Notes and tables under a title, saved after each change: a run cut short leaves what it has."""

    title: str
    into: Path | None = None
    blocks: dict[str, str] = field(default_factory=dict)

    def note(self, key: str, text: str) -> None:
        """A paragraph; the same key replaces it."""
        self._keep(key, text)

    def rows(self, key: str, columns: Row, rows: Sequence[Row]) -> None:
        """A table; the same key replaces it."""
        self._keep(key, table(columns, rows))

    def markdown(self) -> str:
        """The whole section."""
        return "\n\n".join([f"## {self.title}", *self.blocks.values()]) + "\n"

    def _keep(self, key: str, text: str) -> None:
        self.blocks[key] = text
        if self.into is not None:
            old = self.into.read_text(encoding="utf-8") if self.into.exists() else ""
            self.into.write_text(put(old, self.title, self.markdown()), encoding="utf-8")


def table(columns: Row, rows: Sequence[Row]) -> str:
    """A Markdown table; a | in a cell stays one."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def put(text: str, title: str, section: str) -> str:
    """`text` with the section of this title replaced, or put at its end."""
    head, *others = f"\n{text}".split("\n## ")
    mine = section.removeprefix("## ").strip()
    bodies = [mine if other.split("\n", 1)[0] == title else other.strip() for other in others]
    if mine not in bodies:
        bodies.append(mine)
    return "\n\n## ".join([head.strip(), *bodies]).lstrip("\n") + "\n"


def about(options: Options, *packages: str) -> str:
    """Where a result comes from: the command, date, machine and versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", *packages))
    words = [*[Path(options.path).name] * bool(options.path), "--seeds", *map(str, options.seeds)]
    words += ["--quick"] * options.quick
    for name, value in options.extra.items():
        if value:
            given = value if isinstance(value, list) else [value]
            words += [f"--{name}", *(Path(str(each)).name for each in given)]
    return (
        f"`python -m {_module()} {' '.join(words)}`, {datetime.now(UTC):%Y-%m-%d}: {_processor()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}."
    )


def arguments(
    description: str,
    seeds: tuple[int, ...],
    quick_seeds: tuple[int, ...],
    own: argparse.ArgumentParser | None = None,
    *,
    path: bool = True,
) -> Options:
    """The command line of a script; `own` adds options, and without `path` it takes no data set."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[own] if own else [],
    )
    if path:
        parser.add_argument("path", help="a data set, as recsys.load_dataset takes it")
    parser.add_argument(
        "--seeds", type=int, nargs="+", help=f"of the splits; {seeds}, with --quick {quick_seeds}"
    )
    parser.add_argument("--quick", action="store_true", help="fewer seeds, no peer that takes minutes")
    parser.add_argument("--peers", type=Path, default=ENVIRONMENT, help="Python of the peers' environment")
    parser.add_argument("--into", type=Path, help="file whose section of this table is replaced")
    given = vars(parser.parse_args())
    source, into, quick = given.pop("path", ""), given.pop("into"), given.pop("quick")
    chosen = tuple(given.pop("seeds") or (quick_seeds if quick else seeds))
    peers = Peers(given.pop("peers"), 300.0 if quick else 1800.0)
    return Options(source, chosen, quick, peers, into, given)


def log(text: str) -> None:
    """Progress, beside the result."""
    sys.stderr.write(text + "\n")


def _module() -> str:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name if spec is not None else Path(sys.argv[0]).stem


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
