"""All tables, one after the other, collected in one file.

    python -m benchmarks [TABLE ...] [--data FOLDER] [--quick] [--pairs FILE.csv]

Data sets are taken from FOLDER, or downloaded to it. A table is a process of its own and replaces its
section of the file as it goes; so a run cut short keeps what it has, and one table can be run again. What
cannot be run is told in its section, with why.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.peers.process import ENVIRONMENT
from benchmarks.report import Section, log
from recsys.data.sources.download import fetch
from recsys.errors import RecsysError

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# Results\n\nHow they come about, and what they are of: [README.md](README.md).\n"
TABLES: dict[str, tuple[str, ...]] = {  # and the data sets that each is measured on
    "stars": ("ml-100k",),
    "order": ("ml-latest-small", "ml-1m"),
    "newcomers": ("ml-latest-small",),
    "new_films": ("ml-100k", "ml-latest-small"),
    "neighbours": ("ml-latest-small",),
    "fine_tuning": ("ml-100k",),
    "titles": ("ml-latest-small",),
    "brigades": ("ml-100k",),
    "gate": ("ml-100k", "ml-latest-small"),
    "speed": (),
    "scale": (),
}
QUICK = {"scale": ["--quick", "--millions", "1", "--minutes", "0.2"]}  # more than --quick


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"some of {', '.join(TABLES)}; else all")
    parser.add_argument("--data", type=Path, default=Path(".testdata"), help="folder of data sets")
    parser.add_argument("--into", type=Path, default=RESULTS, help="file of the results")
    parser.add_argument("--peers", type=Path, default=ENVIRONMENT, help="Python of the peers' environment")
    parser.add_argument("--pairs", type=Path, help="judged pairs for neighbours")
    parser.add_argument(
        "--quick", action="store_true", help="one seed, small peers: ten minutes on two cores"
    )
    given = parser.parse_args()
    if unknown := set(given.tables) - set(TABLES):
        parser.error(f"no table {min(unknown)}: there are {', '.join(TABLES)}")
    if not given.into.exists():
        given.into.write_text(HEAD, encoding="utf-8")
    common = ["--into", str(given.into), "--peers", str(given.peers)]
    for table in given.tables or TABLES:
        flags = [*common, *(QUICK.get(table, ["--quick"]) if given.quick else [])]
        if table == "neighbours" and given.pairs:
            flags += ["--pairs", str(given.pairs)]
        if not TABLES[table]:
            run(table, [], flags, given.into)
        for name in TABLES[table][:1] if given.quick else TABLES[table]:
            try:
                run(table, [str(fetch(name, given.data))], flags, given.into)
            except RecsysError as error:
                not_run(table, name, str(error), given.into)


def run(table: str, source: list[str], flags: list[str], into: Path) -> None:
    log(f"{table} {' '.join(source)}")
    began = time.perf_counter()
    command = [sys.executable, "-m", f"benchmarks.{table}", *source, *flags]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    log(f"{table}: {time.perf_counter() - began:.0f} s")
    if ended.returncode:
        not_run(table, " ".join(source), f"it ended with exit code {ended.returncode}", into)


def not_run(table: str, name: str, why: str, into: Path) -> None:
    log(f"{table} {name}: not run: {why}")
    Section(f"{table.capitalize()}: {Path(name).name}".removesuffix(": "), into).note(
        "why", f"Not run: {why}."
    )


if __name__ == "__main__":
    main()
