"""One peer, in the peers' own environment: reads a split, trains, and writes what it predicts.

    python run.py JOB.npz ANSWER.npz

JOB.npz names the `method` and holds its arrays, as benchmarks.peers.answers writes them; ANSWER.npz has the
method's arrays, `seconds` of training (imports and the preparation of data not counted) and `version`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

Job = dict[str, np.ndarray[Any, Any]]
Answer = dict[str, Any]


def surprise(job: Job, make: Callable[[], Any]) -> Answer:
    import pandas as pd
    from surprise import Dataset, Reader

    scale = (float(job["values"].min()), float(job["values"].max()))
    frame = pd.DataFrame({"user": job["users"], "item": job["items"], "rating": job["values"]})
    trainset = Dataset.load_from_df(frame, Reader(rating_scale=scale)).build_full_trainset()
    model = make()
    began = time.perf_counter()
    model.fit(trainset)
    seconds = time.perf_counter() - began
    pairs = zip(job["test_users"].tolist(), job["test_items"].tolist(), strict=True)
    predicted = np.array([model.predict(user, item).est for user, item in pairs])
    return {"predicted": predicted, "seconds": seconds, "version": f"Surprise {version('scikit-surprise')}"}


def baseline_only(job: Job) -> Answer:
    from surprise import BaselineOnly

    return surprise(job, lambda: BaselineOnly(verbose=False))


def svd(job: Job) -> Answer:
    from surprise import SVD

    return surprise(job, lambda: SVD(random_state=int(job["seed"])))


def svd_tuned(job: Job) -> Answer:
    from surprise import SVD

    settings = {"n_factors": 50, "n_epochs": 60, "lr_all": 0.005, "reg_all": 0.08}
    return surprise(job, lambda: SVD(random_state=int(job["seed"]), **settings))


def svd_plus_plus(job: Job) -> Answer:
    from surprise import SVDpp

    return surprise(job, lambda: SVDpp(random_state=int(job["seed"])))


def knn_baseline(job: Job) -> Answer:
    from surprise import KNNBaseline

    options = {"name": "pearson_baseline", "user_based": False}
    return surprise(job, lambda: KNNBaseline(sim_options=options, verbose=False))


def fastai(job: Job) -> Answer:
    """The recipe of the fastai book, chapter 8: one cycle of five epochs; the test part is not looked at."""
    import pandas as pd
    from fastai.basics import TransformBlock, set_seed
    from fastai.collab import TabularCollab, collab_learner
    from fastai.tabular.core import Categorify

    set_seed(int(job["seed"]))
    frame = pd.DataFrame({"user": job["users"], "item": job["items"], "rating": job["values"]})
    few = list(range(100))  # it wants something to validate on after each epoch: that costs nothing
    table = TabularCollab(
        frame,
        [Categorify],
        ["user", "item"],
        y_names=["rating"],
        y_block=TransformBlock(),
        splits=(list(range(len(frame))), few),
    )
    loaders = table.dataloaders(bs=64)
    learner = collab_learner(loaders, n_factors=50, y_range=(0, 5.5))
    began = time.perf_counter()
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(5, 5e-3, wd=0.1)
    seconds = time.perf_counter() - began
    asked = pd.DataFrame({"user": job["test_users"], "item": job["test_items"]})
    with learner.no_bar():
        predicted = learner.get_preds(dl=loaders.test_dl(asked))[0].numpy().reshape(-1)
    return {"predicted": predicted, "seconds": seconds, "version": f"fastai {version('fastai')}"}


def myfm(job: Job) -> Answer:
    return _myfm(job, genres=False, implicit=False)


def myfm_genres(job: Job) -> Answer:
    return _myfm(job, genres=True, implicit=False)


def myfm_implicit(job: Job) -> Answer:
    return _myfm(job, genres=True, implicit=True)


def _myfm(job: Job, *, genres: bool, implicit: bool) -> Answer:
    """Bayesian factorisation machine (Gibbs): ids, and what is known of both sides, as relation blocks."""
    from myfm import MyFMRegressor, RelationBlock
    from scipy import sparse

    n_users, n_items = int(job["n_users"]), int(job["n_items"])
    users, items, values = job["users"], job["items"], job["values"]
    seen = sparse.csr_matrix((np.ones(len(users)), (users, items)), shape=(n_users, n_items))
    of_user, of_item = [sparse.identity(n_users)], [sparse.identity(n_items)]
    if genres:
        of_item.append(_row_scaled(sparse.csr_matrix(job["genres"].astype(np.float64)), 1.0))
    if implicit:
        of_user.append(_row_scaled(seen, 0.5))
        of_item.append(_row_scaled(seen.T.tocsr(), 0.5))
    blocks = [sparse.hstack(parts, format="csr") for parts in (of_user, of_item)]
    shapes = [part.shape[1] for parts in (of_user, of_item) for part in parts]
    began = time.perf_counter()
    model = MyFMRegressor(rank=int(job["rank"]), random_seed=int(job["seed"]))
    model.fit(
        None,
        values,
        X_rel=[RelationBlock(at, block) for at, block in zip((users, items), blocks, strict=True)],
        n_iter=int(job["sweeps"]),
        group_shapes=shapes,
    )
    seconds = time.perf_counter() - began
    asked = (job["test_users"], job["test_items"])
    rows = [RelationBlock(at, block) for at, block in zip(asked, blocks, strict=True)]
    return {
        "predicted": model.predict(None, rows),
        "seconds": seconds,
        "version": f"myFM {version('myfm')}",
    }


def _row_scaled(matrix: Any, power: float) -> Any:
    """Each row divided by its number of entries to a power."""
    from scipy import sparse

    counts = np.maximum(np.asarray(matrix.sum(axis=1)).reshape(-1), 1)
    return sparse.diags(counts**-power) @ matrix


def implicit_als(job: Job) -> Answer:
    """Scores of all items for `histories`, which are people who were not in training."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    n_items = int(job["n_items"])
    train = _matrix(sparse, job["users"], job["items"], job["values"], n_items)
    histories = _matrix(sparse, job["history_users"], job["history_items"], job["history_values"], n_items)
    model = AlternatingLeastSquares(
        factors=int(job["factors"]),
        regularization=float(job["regularisation"]),
        alpha=float(job["alpha"]),
        iterations=int(job["sweeps"]),
        random_state=int(job["seed"]),
    )
    began = time.perf_counter()
    model.fit(train, show_progress=False)
    seconds = time.perf_counter() - began
    people = model.recalculate_user(np.arange(histories.shape[0]), histories)
    return {
        "scores": (people @ model.item_factors.T).astype(np.float32),
        "item_factors": model.item_factors,
        "seconds": seconds,
        "version": f"implicit {version('implicit')}",
    }


def implicit_sweeps(job: Job) -> Answer:
    """Seconds of each sweep, as its callback gives them."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    train = _matrix(sparse, job["users"], job["items"], job["values"], int(job["n_items"]))
    model = AlternatingLeastSquares(
        factors=int(job["factors"]), iterations=int(job["sweeps"]), random_state=0
    )
    seconds: list[float] = []
    model.fit(train, show_progress=False, callback=lambda number, took, loss: seconds.append(took))
    return {
        "sweeps": np.array(seconds),
        "seconds": sum(seconds),
        "version": f"implicit {version('implicit')}",
    }


def implicit_serving(job: Job) -> Answer:
    """Median seconds of a fold-in, and of a fold-in with a list of ten, on factors drawn at random."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    rng = np.random.default_rng(0)
    n_items, factors, shown = int(job["n_items"]), int(job["factors"]), int(job["shown"])
    model = AlternatingLeastSquares(factors=factors, num_threads=1)
    model.item_factors = rng.standard_normal((n_items, factors)).astype(np.float32) / factors**0.5
    model.user_factors = np.zeros((1, factors), np.float32)
    items = np.sort(rng.choice(n_items, shown, replace=False))
    person = _matrix(sparse, np.zeros(shown, np.int64), items, np.ones(shown), n_items)

    def listed() -> None:
        model.recommend(0, person, N=10, recalculate_user=True)

    return {
        "fold_in": _median_seconds(lambda: model.recalculate_user(0, person)),
        "listed": _median_seconds(listed),
        "seconds": 0.0,
        "version": f"implicit {version('implicit')}",
    }


def _median_seconds(call: Callable[[], object], times: int = 200) -> float:
    call()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return float(np.median(took))


def _matrix(sparse: Any, rows: Any, columns: Any, values: Any, n_columns: int) -> Any:
    shape = (int(rows.max()) + 1, n_columns)
    return sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)


METHODS: dict[str, Callable[[Job], Answer]] = {
    each.__name__: each
    for each in (
        baseline_only,
        svd,
        svd_tuned,
        svd_plus_plus,
        knn_baseline,
        fastai,
        myfm,
        myfm_genres,
        myfm_implicit,
        implicit_als,
        implicit_sweeps,
        implicit_serving,
    )
}


if __name__ == "__main__":
    with np.load(sys.argv[1]) as given:
        work = dict(given)
    np.savez(Path(sys.argv[2]), **METHODS[str(work.pop("method"))](work))
