"""The same fit on the CPU and on a GPU: not the same bits, but the same figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import recsys
from recsys import TrainingConfig
from recsys.config import MODELS
from recsys.data.dataset import Dataset
from recsys.data.sources.generate import generate
from recsys.evaluation import evaluate

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="not run: no GPU")


@pytest.fixture(scope="module")
def world() -> Dataset:
    return generate(people=600, films=400, ratings=50_000, seed=5)


@pytest.mark.parametrize("model", MODELS)
def test_stars_are_as_good(world: Dataset, model: str) -> None:
    config = TrainingConfig(model=model, device="cpu")
    mse = [
        evaluate(world, (9,), config=replace(config, device=device), protocols=("stars",))
        .measure("stars", model, "MSE")
        .mean
        for device in ("cpu", "cuda")
    ]
    assert mse[1] == pytest.approx(mse[0], rel=0.02)


def test_the_order_is_as_good(world: Dataset) -> None:
    ndcg = [
        evaluate(world, (9,), config=TrainingConfig(device=device), protocols=("order",))
        .measure("order", "recommender", "NDCG@10")
        .mean
        for device in ("cpu", "cuda")
    ]
    assert ndcg[1] == pytest.approx(ndcg[0], abs=0.01)


def test_neighbours_are_nearly_the_same(world: Dataset) -> None:
    """The ranker has no random numbers but its start, which is drawn on the CPU."""
    models = [
        recsys.fit(world.ratings, world.catalog, TrainingConfig(device=device, parts=("ranker", "similar")))
        for device in ("cpu", "cuda")
    ]
    popular = world.catalog.movie_ids[np.argsort(-models[0].popularity)[:20]].tolist()
    shared = [
        len(
            {each.movie_id for each in models[0].similar([film])}
            & {each.movie_id for each in models[1].similar([film])}
        )
        for film in popular
    ]
    assert np.mean(shared) > 9
