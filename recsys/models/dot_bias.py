"""Dot product through a sigmoid, with biases or without, a predictor of stars.

An ensemble of small models is trained side by side, each from its own random start, and averaged in
logits. The average of dot products is a dot product of the vectors set end to end: one model is
served, cut to its strongest factors by a singular value decomposition. On ml-100k its test MSE is
.807, that of the best single model .823 (50 factors, weight decay 15).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from recsys.config import DotBiasConfig, DotConfig, TrainingConfig
from recsys.data.rows import Rows
from recsys.models.device import torch_device
from recsys.models.fitted import CHUNK, FittedFactors
from recsys.models.loop import BETAS, HIGH, LOW, RatingTensors, StarsModel, fine_tune, learn
from recsys.models.tables import Table, table
from recsys.models.threads import one_thread
from recsys.models.uncertainty import film_doubt, uncertainty_of
from recsys.progress import OnStep
from recsys.serving.stars import FactorStars

_SOME = 300  # people in whose eyes films differ
_LEAST_SPREAD = 1e-3  # of logits, so that a world of one film has a prior, too
_NEVER = 1e8  # ridge of what is not there: a bias that no rating moves


@one_thread()
def fit_stars(
    rows: Rows, config: TrainingConfig, report: OnStep | None = None, start: FactorStars | None = None
) -> FactorStars:
    """Learn from ratings, without biases if config.model is "dot"; `report` hears of every epoch.

    `start`, which has the rows of this fit, makes it a fine-tuning: a short, low cycle over all ratings from
    its factors, in their basis.

    The same seed gives the same model on the CPU. Raises Diverged.
    """
    settings = config.dot if config.model == "dot" else config.dot_bias
    device = torch_device(config.device)
    ratings = RatingTensors.of(rows, device)
    generator = torch.Generator(device).manual_seed(config.seed)
    if start is not None:
        return _fine_tuned(start, ratings, settings, generator, report)

    def untrained(known: RatingTensors) -> DotBias:
        return DotBias(known, rows.n_users, rows.n_movies, settings, generator)

    learned = learn(untrained, ratings, settings, generator, report)
    fitted = learned.model.average(learned.loss)
    newcomers = uncertainty_of(fitted, ratings.pairs(), learned.valid.pairs(), learned.loss)
    single = np.float32
    return FactorStars(
        user_factors=fitted.user_factors.astype(single),
        user_bias=fitted.user_bias.astype(single),
        movie_factors=fitted.movie_factors.astype(single),
        movie_bias=fitted.movie_bias.astype(single),
        movie_variance=newcomers.film_variance.astype(single),
        prior_mean=newcomers.prior_mean.astype(single),
        prior_precision=newcomers.prior_precision.astype(single),
        offset=float(single(fitted.offset)),
        noise_variance=float(single(newcomers.noise_variance)),
        low=LOW,
        high=HIGH,
    )


def _fine_tuned(
    start: FactorStars,
    ratings: RatingTensors,
    settings: DotConfig,
    generator: torch.Generator,
    report: OnStep | None,
) -> FactorStars:
    """What is known of newcomers and noise stays as it was: the factors keep their meaning."""
    alone = replace(settings, ensemble=1, ensemble_factors=start.movie_factors.shape[1])
    model = DotBias(ratings, start.n_users, start.n_movies, alone, generator)
    model.go_on(start, ratings)
    fine_tune(model, ratings, alone, generator, report)
    fitted = model.fitted(start.noise_variance)
    single = np.float32
    return replace(
        start,
        user_factors=fitted.user_factors.astype(single),
        user_bias=fitted.user_bias.astype(single),
        movie_factors=fitted.movie_factors.astype(single),
        movie_bias=fitted.movie_bias.astype(single),
        movie_variance=(film_doubt(fitted, ratings.pairs()) * start.noise_variance).astype(single),
        offset=float(single(fitted.offset)),
    )


class DotBias(StarsModel):
    """The ensemble's tables; biases come with DotBiasConfig.

    Rows without ratings start, and so stay, at zero: never noise.
    """

    def __init__(
        self,
        ratings: RatingTensors,
        n_users: int,
        n_movies: int,
        settings: DotConfig,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self._settings, self.members = settings, settings.ensemble
        self._biases = isinstance(settings, DotBiasConfig)
        device, width = ratings.stars.device, settings.ensemble * settings.ensemble_factors

        def vectors(n: int, rows: torch.Tensor) -> tuple[Table | torch.nn.Embedding, torch.Tensor]:
            start = torch.randn(n, width, generator=generator, device=device) * settings.initial_scale
            rated = torch.bincount(rows, minlength=n) > 0
            return table(settings.tables, start * rated[:, None]), rated

        def bias(n: int) -> Table | torch.nn.Embedding:
            return table(settings.tables, torch.zeros(n, self.members, device=device))

        self.user_factors, self._rating_users = vectors(n_users, ratings.users)
        self.movie_factors, self._rated_movies = vectors(n_movies, ratings.movies)
        self.user_bias, self.movie_bias = bias(n_users), bias(n_movies)
        free = isinstance(settings, DotBiasConfig) and settings.offset
        self.starts_at_mean = free
        start = ratings.mean_logit() if free else torch.zeros((), device=device)
        self.offset = torch.nn.Parameter(start.repeat(self.members), requires_grad=free)

    @torch.no_grad()
    def go_on(self, start: FactorStars, ratings: RatingTensors) -> None:
        """Begin where a former fit ended, as one model instead of an ensemble.

        Alone, a model fits the noise more than the average of an ensemble does, and fine-tuning again and
        again would end there. So what is not known of each factor of the partners is added to the ridge
        that it learns with: the loss of variational Bayes (Lim & Teh, *Variational Bayesian Approach to Movie
        Rating Prediction*, 2007), variances held as they are at the start. Ten times in a row on ml-100k, in
        MSE: .808 with it, .829 without.
        """
        served = (
            (self.user_factors, start.user_factors),
            (self.movie_factors, start.movie_factors),
            (self.user_bias, start.user_bias[:, None]),
            (self.movie_bias, start.movie_bias[:, None]),
        )
        for learned, array in served:
            learned.weight.copy_(torch.from_numpy(np.asarray(array, np.float32)))
        self.offset.fill_(start.offset)
        if self._settings.decay == "decoupled":
            return
        logits = torch.cat([self(some.users, some.movies)[:, 0] for some in ratings.split(CHUNK)])
        share = torch.sigmoid(logits)
        weights = ((HIGH - LOW) * share * (1 - share)).square()  # of a rating: stars per logit, squared
        people = (self.user_factors.weight, ratings.users)
        films = (self.movie_factors.weight, ratings.movies)
        doubts = [
            start.noise_variance / (self._settings.weight_decay + _sums(weights, own, other))
            for own, other in ((people, films), (films, people))
        ]
        for own, (_, other), doubt in ((people, films, doubts[1]), (films, people, doubts[0])):
            ridge = 2 / len(ratings) * _sums(weights, own, (doubt.sqrt(), other))
            _decay(own[0], ridge)

    def optimizer(self, n_ratings: int) -> torch.optim.Optimizer:
        """Adam over the tables with weight decay, and over the offset without.

        As a ridge, the decay is the gradient of weight_decay / n · |w|²: with the MSE, the loss of
        probabilistic matrix factorisation (Salakhutdinov & Mnih, 2007), which means the same on every
        data set. Decoupled (Loshchilov & Hutter, 2019), it is a share of the weights taken off at
        each step.
        """
        settings = self._settings
        tables = [self.user_factors, self.movie_factors]
        tables += [self.user_bias, self.movie_bias] if self._biases else []
        groups: list[dict[str, Any]] = [
            {"params": [each.weight for each in tables]},
            {"params": [self.offset] if self.offset.requires_grad else [], "weight_decay": 0.0},
        ]
        if settings.decay == "decoupled":
            return torch.optim.AdamW(
                groups, settings.learning_rate, BETAS, weight_decay=settings.weight_decay, fused=True
            )
        ridge = 2 * settings.weight_decay / n_ratings
        return torch.optim.Adam(groups, settings.learning_rate, BETAS, weight_decay=ridge, fused=True)

    def of_people(self) -> list[torch.Tensor]:
        """Factors and biases."""
        return [self.user_factors.weight, self.user_bias.weight]

    def forward(self, users: torch.Tensor, movies: torch.Tensor) -> torch.Tensor:
        """Logits of n pairs; shape (n, ensemble)."""
        shape = (len(users), self.members, self._settings.ensemble_factors)
        people, films = self.user_factors(users).view(shape), self.movie_factors(movies).view(shape)
        match: torch.Tensor = (people * films).sum(2)
        if not self._biases:
            return match
        bias: torch.Tensor = self.offset + (self.user_bias(users) + self.movie_bias(movies))
        return bias + match

    @torch.no_grad()
    def average(self, loss: float) -> FittedFactors:
        """The ensemble as one dot product of at most `factors` factors.

        With U = Q_u R_u and V = Q_v R_v, the singular value decomposition of R_u R_vᵀ is that of all
        predicted matches; each side takes the root of the singular values. Without biases, whoever and
        whatever has no ratings takes the mean vector of those that have: zero would be a film that all
        people find middling, and most films are better.
        """
        k = self._settings.factors
        users, user_mix = torch.linalg.qr(self.user_factors.weight.double() / self.members)
        movies, movie_mix = torch.linalg.qr(self.movie_factors.weight.double())
        left, strength, right = torch.linalg.svd(user_mix @ movie_mix.T, full_matrices=False)
        root = strength[:k].sqrt()
        user_factors, movie_factors = (users @ left)[:, :k] * root, (movies @ right.T)[:, :k] * root
        return self._described(user_factors, movie_factors, loss)

    def fitted(self, loss: float) -> FittedFactors:
        """A model alone, in the basis it learned in."""
        tables = (self.user_factors.weight, self.movie_factors.weight)
        people, films = (table.detach().double() for table in tables)
        return self._described(people, films, loss)

    @torch.no_grad()
    def _described(
        self, user_factors: torch.Tensor, movie_factors: torch.Tensor, loss: float
    ) -> FittedFactors:
        if not self._biases:
            user_factors[~self._rating_users] = user_factors[self._rating_users].mean(0)
            movie_factors[~self._rated_movies] = movie_factors[self._rated_movies].mean(0)
        movie_bias = self.movie_bias.weight.double().mean(1)
        ridge = self._settings.weight_decay
        if self._settings.decay == "decoupled":  # which says nothing of the spread: look at it
            films = movie_factors[self._rated_movies] @ user_factors[:_SOME].T
            films += movie_bias[self._rated_movies][:, None]
            ridge = loss / max(float(films.var(0, correction=0).mean()), _LEAST_SPREAD)
        return FittedFactors(
            user_factors=user_factors.cpu().numpy(),
            user_bias=self.user_bias.weight.double().mean(1).cpu().numpy(),
            movie_factors=movie_factors.cpu().numpy(),
            movie_bias=movie_bias.cpu().numpy(),
            offset=float(self.offset.mean()),
            film_ridge=ridge,
            bias_ridge=ridge if self._biases else _NEVER,
        )


def _decay(table: torch.Tensor, ridge: torch.Tensor) -> None:
    """Add `ridge`, entry by entry, to the weight decay that a table learns with."""
    table.register_hook(lambda gradient: gradient + ridge * table.detach())  # type: ignore[no-untyped-call]


def _sums(
    weights: torch.Tensor, own: tuple[torch.Tensor, torch.Tensor], other: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """Of the partners' squared entries, weighted rating by rating; a side is (table, rows of the ratings)."""
    (table, rows), (partners, columns) = own, other
    found = torch.zeros_like(table)
    for some in torch.split(torch.arange(len(weights), device=weights.device), CHUNK):
        found.index_add_(0, rows[some], weights[some, None] * partners[columns[some]].square())
    return found
