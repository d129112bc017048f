"""Serving at the size of ml-32m: fold-in, lists, neighbours, loading and memory, with one thread.

    python -m benchmarks.speed [--films 87000] [--quick]

A model of generated ratings is fitted, saved, and loaded in a fresh process, which is then asked through
the public API; each figure is the median of 200 calls there. The fit is a short one: how well it knows
taste changes nothing here. The peer's factors are drawn at random for the same reason.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import recsys
from benchmarks.peers.process import ONE_THREAD, NotRun
from benchmarks.report import Options, Section, about, arguments, log
from benchmarks.shortened import shortened
from recsys import TrainingConfig
from recsys.data.sources.generate import generate

FACTORS, SHOWN = 128, 20
PEOPLE, RATINGS = 8_000, 1_000_000  # with 87,000 films; fewer where there are fewer
FIGURES = {  # names in serving.py's answer
    "fold in 20 ratings": ("fold_in", 1e6, "µs"),
    "fold in 20 ratings and list ten films": ("listed", 1e3, "ms"),
    "list ten films": ("list", 1e3, "ms"),
    "ten nearest of a film": ("similar", 1e3, "ms"),
    "stars of ten films, with deviations": ("predicted", 1e6, "µs"),
    "next five questions": ("questions", 1e3, "ms"),
    "import and load": ("load", 1.0, "s"),
    "memory of the process": ("memory", 1 / 2**20, "MB"),
}


def main(options: Options) -> Section:
    films = int(options.extra["films"])
    section = Section("Speed", options.into)
    section.note("about", about(options))
    section.note("setting", f"{films:,} films, one thread, medians of 200 calls.")
    share = min(1.0, films / 87_000)
    dataset = generate(int(PEOPLE * share), films, int(RATINGS * share), options.seeds[0])
    with tempfile.TemporaryDirectory() as folder:
        log(f"  fitting {len(dataset.ratings):,} ratings")
        config = shortened(TrainingConfig(device="cpu", seed=options.seeds[0]), 2)
        recsys.fit(dataset.ratings, dataset.catalog, config).save(folder)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        log("  serving")
        printed = subprocess.run(
            [sys.executable, "-m", "benchmarks.serving", folder, str(SHOWN)],
            env={**os.environ, **ONE_THREAD},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    measured: dict[str, float] = json.loads(printed)
    theirs: dict[str, float] = {}
    why = ""
    try:
        answer = options.peers.ask("implicit_serving", n_items=films, factors=FACTORS, shown=SHOWN)
        theirs = {name: float(answer[name]) for name in ("fold_in", "listed")}
    except NotRun as error:
        why = f"not run: {error}"
    rows = [
        [
            label,
            f"{measured[name] * unit:.3g} {of}",
            f"{theirs[name] * unit:.3g} {of}"
            if name in theirs
            else why
            if name in ("fold_in", "listed")
            else "",
        ]
        for label, (name, unit, of) in FIGURES.items()
    ]
    rows.append(["artifact", f"{size / 2**20:.0f} MB", ""])
    section.rows("figures", ["", "Matinee", f"implicit ALS, {FACTORS} factors"], rows)
    return section


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--films", type=int, default=87_000)
    sys.stdout.write(main(arguments(__doc__ or "", (0,), (0,), parser, path=False)).markdown())
