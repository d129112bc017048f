"""Training at scale: seconds a sweep and memory, at 1, 5 and 25 million generated ratings.

    python -m benchmarks.scale [--millions 1 5 25] [--minutes 4] [--quick]

Each fit runs in a process of its own until its time is over or it is done; a sweep's time is the median of
those after the first, and memory is the most that the process ever held, the ratings included. On CUDA the
same, where there is a GPU.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from statistics import median
from typing import Any

import recsys
from benchmarks.peers.process import NotRun
from benchmarks.report import Options, Section, about, arguments, log
from recsys import TrainingConfig
from recsys.data.dataset import Dataset
from recsys.data.sources.generate import generate

# People and films for so many millions of ratings.
SIZES = {1: (6_000, 4_000), 5: (36_000, 20_000), 25: (200_000, 87_000)}
FITS = ("ranker", "pmf", "dot_bias")


PATIENCE = 4  # times the minutes of a fit, until it is left before its second sweep is over


class Enough(Exception):
    """The time of a fit is over."""


def main(options: Options) -> Section:
    import torch

    millions, minutes = options.extra["millions"], float(options.extra["minutes"])
    section = Section("Scale", options.into)
    section.note("about", about(options))
    devices = ["cpu", *["cuda"] * torch.cuda.is_available()]
    rows: list[list[str]] = []
    for size in millions:
        for fit in FITS:
            for device in devices:
                log(f"  {fit}, {size} million, {device}")
                rows.append([f"Matinee {fit}, {device}", str(size), *measured(size, fit, device, minutes)])
                show(rows, section)
        rows.append(["implicit ALS, 128 factors, cpu", str(size), *implicit(size, options)])
        show(rows, section)
    if "cuda" not in devices:
        section.note("gpu", "CUDA: not run: no GPU.")
    return section


def show(rows: list[list[str]], section: Section) -> None:
    columns = [
        "fit",
        "million ratings",
        "preparation, s",
        "a sweep, s",
        "ns a rating",
        "sweeps seen",
        "whole fit, s",
        "peak memory, GB",
    ]
    section.rows("figures", columns, rows)


def measured(size: int, fit: str, device: str, minutes: float) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.scale", "--one", str(size), fit, device, str(minutes)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        printed = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        return [f"not run: {printed[-1][:200]}", *[""] * 5]
    found: dict[str, Any] = json.loads(ended.stdout)
    return cells(size, **found)


def cells(
    size: int, first: float, sweeps: list[float], memory: float | None, whole: float | None
) -> list[str]:
    each = median(sweeps) if sweeps else None
    return [
        f"{first:.1f}" if sweeps else f"{first:.1f}, first sweep included",
        "" if each is None else f"{each:.2f}",
        "" if each is None else f"{each / size * 1e3:.0f}",
        str(len(sweeps)),
        "" if whole is None else f"{whole:.0f}",
        "" if memory is None else f"{memory:.1f}",
    ]


def world(size: int) -> Dataset:
    people, films = SIZES.get(size, (8_000 * size, 3_500 * size))
    return generate(people, films, size * 1_000_000)


def one(size: int, fit: str, device: str, minutes: float) -> dict[str, Any]:
    """In a process of its own: the moments at which the fit reports a sweep."""
    dataset = world(size)
    if fit == "ranker":
        config = TrainingConfig(device=device, parts=("ranker",))
    else:
        config = TrainingConfig(model=fit, device=device, parts=("stars",))
    moments = [time.perf_counter()]

    def report(_: object) -> None:
        moments.append(time.perf_counter())
        spent, seen = moments[-1] - moments[0], len(moments) - 1
        if (spent > 60 * minutes and seen > 2) or spent > PATIENCE * 60 * minutes:
            raise Enough

    whole = None
    try:
        recsys.fit(dataset.ratings, dataset.catalog, config, report=report)
        whole = time.perf_counter() - moments[0]
    except Enough:
        log("  time is over")
    apart = [after - before for before, after in pairwise(moments)]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    sweeps = apart[1:]
    first = apart[0] - (median(sweeps) if sweeps else 0.0) if apart else time.perf_counter() - moments[0]
    return {"first": first, "sweeps": sweeps, "memory": most, "whole": whole}


def implicit(size: int, options: Options) -> list[str]:
    dataset = world(size)
    try:
        answer = options.peers.ask(
            "implicit_sweeps",
            users=dataset.ratings.user_ids - 1,
            items=dataset.catalog.rows(dataset.ratings.movie_ids),
            values=dataset.ratings.values,
            n_items=len(dataset.catalog),
            factors=128,
            sweeps=3,
        )
    except NotRun as why:
        return [f"not run: {why}", *[""] * 5]
    return cells(size, 0.0, answer["sweeps"].tolist(), None, None)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        size_, fit_, device_, minutes_ = sys.argv[2:]
        sys.stdout.write(json.dumps(one(int(size_), fit_, device_, float(minutes_))))
    else:
        parser = argparse.ArgumentParser(add_help=False)
        parser.add_argument("--millions", type=int, nargs="+", default=[1, 5, 25])
        parser.add_argument("--minutes", type=float, default=4.0, help="of one fit")
        sys.stdout.write(main(arguments(__doc__ or "", (0,), (0,), parser, path=False)).markdown())
