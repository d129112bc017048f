"""The protocol for stars: a random fifth of the ratings is predicted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys.config import TrainingConfig
from recsys.data.dataset import Dataset
from recsys.evaluation.metrics import mean_squared_error
from recsys.evaluation.results import Scores
from recsys.evaluation.splits import random_fifth
from recsys.evaluation.trial import Trial
from recsys.progress import OnStep
from recsys.training import fit


def stars(trial: Trial) -> Scores:
    """MSE and RMSE of the model that the settings name."""
    trial.say(f"stars, seed {trial.config.seed}")
    mse, model = error_on_a_fifth(trial.dataset, trial.config), trial.config.model
    return {("stars", model, "MSE"): mse, ("stars", model, "RMSE"): mse**0.5}


def error_on_a_fifth(dataset: Dataset, config: TrainingConfig, *, report: OnStep | None = None) -> float:
    """MSE in stars squared, predictions clipped to the stars that people give; strangers are folded in."""
    train, test = random_fifth(dataset.ratings, config.seed)
    recommender = fit(train, dataset.catalog, replace(config, parts=("stars",)), report=report)
    known = np.isin(test.user_ids, recommender.user_ids)
    predicted = np.empty(len(test), np.float32)
    predicted[known] = recommender.predict(test.user_ids[known], test.movie_ids[known])
    predicted[~known] = recommender.predict_for(recommender.fold_in(), test.movie_ids[~known])[0]
    return mean_squared_error(predicted.clip(train.values.min(), train.values.max()), test.values)
