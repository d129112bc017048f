"""A process that answers people, measured from inside: python -m benchmarks.serving FOLDER SHOWN."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

BEGAN = time.perf_counter()

import numpy as np  # noqa: E402  the import is part of what is measured

import recsys  # noqa: E402

CALLS = 200


def main(folder: str, shown: int) -> dict[str, float]:
    model = recsys.Recommender.load(folder)
    load = time.perf_counter() - BEGAN
    rng = np.random.default_rng(0)
    known = np.argsort(-model.popularity, kind="stable")[:2000]
    rows = rng.choice(known, (CALLS, shown))
    people = [
        {movie_id: float(stars) for movie_id, stars in zip(ids, rng.integers(1, 6, shown), strict=True)}
        for ids in model.catalog.movie_ids[rows].tolist()
    ]
    films = model.catalog.movie_ids[rng.choice(known, CALLS)].tolist()
    users = [model.fold_in(person) for person in people]
    model.recommend(users[0], n=10)
    figures = {"load": load, "memory": memory()}
    figures |= {
        "fold_in": median_seconds(lambda at: model.fold_in(people[at])),
        "listed": median_seconds(lambda at: model.recommend(model.fold_in(people[at]), n=10)),
        "list": median_seconds(lambda at: model.recommend(users[at], n=10)),
        "similar": median_seconds(lambda at: model.similar([films[at]], n=10)),
        "predicted": median_seconds(lambda at: model.predict_for(users[at], films[:10])),
        "questions": median_seconds(lambda at: model.next_questions(users[at], n=5)),
    }
    return figures


def median_seconds(call: Callable[[int], object]) -> float:
    took = []
    for at in range(CALLS):
        began = time.perf_counter()
        call(at)
        took.append(time.perf_counter() - began)
    return median(took)


def memory() -> float:
    """Bytes of this process in memory; where the system does not say, the most there ever were."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return float(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
