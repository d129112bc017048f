"""A network over a person's and a film's embedding: fastai's EmbeddingNN, and the chapter's CollabNN.

Both embeddings end to end, then layers of linear → relu → batch norm, then one linear unit through a
sigmoid (Howard & Gugger, *Deep Learning for Coders*, 2020, chapter 8). It is here to be compared with: it
learns no better than a dot product and costs more to serve.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch.nn.functional import batch_norm, embedding

from recsys.arrays import Floats
from recsys.config import NetworkConfig, TrainingConfig
from recsys.data.rows import Rows
from recsys.models.device import torch_device
from recsys.models.fitted import FittedNetwork
from recsys.models.loop import BETAS, HIGH, LOW, RatingTensors, StarsModel, fine_tune, learn, sigmoid_range
from recsys.models.threads import one_thread
from recsys.models.uncertainty import film_doubt, uncertainty_of
from recsys.progress import OnStep
from recsys.serving.stars.network import Layer, Net, NetworkStars

_INITIAL_SCALE = 0.01  # deviation of the embeddings' entries before the first step, as in fastai
_LEAST_SPREAD = 1e-3  # of embeddings and logits, so that a world of one film has a prior, too
_AMONG = 300  # people and films from whom the average and the spread are learned


def embedding_size(n: int) -> int:
    """fastai's rule of thumb for a table of `n` rows."""
    return min(600, round(1.6 * math.pow(n, 0.56)))


@one_thread()
def fit_stars(
    rows: Rows, config: TrainingConfig, report: OnStep | None = None, start: NetworkStars | None = None
) -> NetworkStars:
    """Learn from ratings; `report` hears of every epoch. `start`, which has the rows of this fit, makes it a
    fine-tuning: a short, low cycle over all ratings from what is served of it.

    The same seed gives the same model on the CPU. Raises Diverged.
    """
    settings, device = config.nn, torch_device(config.device)
    ratings = RatingTensors.of(rows, device)
    generator = torch.Generator(device).manual_seed(config.seed)

    if start is not None:
        return _fine_tuned(start, ratings, settings, generator, report)

    def untrained(known: RatingTensors) -> Network:
        return Network(known, rows.n_users, rows.n_movies, settings, generator)

    learned = learn(untrained, ratings, settings, generator, report)
    fitted = learned.model.served(learned.loss)
    newcomers = uncertainty_of(fitted, ratings.pairs(), learned.valid.pairs(), learned.loss)
    single = np.float32
    return NetworkStars(
        fitted.net,
        user_vectors=fitted.people,
        movie_variance=newcomers.film_variance.astype(single),
        prior_mean=newcomers.prior_mean.astype(single),
        prior_precision=newcomers.prior_precision.astype(single),
        noise_variance=float(single(newcomers.noise_variance)),
    )


def _fine_tuned(
    start: NetworkStars,
    ratings: RatingTensors,
    settings: NetworkConfig,
    generator: torch.Generator,
    report: OnStep | None,
) -> NetworkStars:
    """What is known of newcomers and noise stays as it was: the embeddings keep their meaning."""
    model = _ServedNetwork(start, settings, ratings.stars.device)
    fine_tune(model, ratings, settings, generator, report)
    fitted = model.fitted(start.noise_variance)
    doubt = film_doubt(fitted, ratings.pairs()) * start.noise_variance
    return replace(start, net=fitted.net, user_vectors=fitted.people, movie_variance=doubt.astype(np.float32))


class _Norm(torch.nn.BatchNorm1d):
    """Batch norm; a batch of one has no spread of its own and is measured by what was seen before."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  # torch's name
        alone = len(input) == 1
        return batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training and not alone,
            self.momentum or 0.0,
            self.eps,
        )

    def folded(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What it is once training is over: units * scale + shift."""
        mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        scale = self.weight * (variance + self.eps).rsqrt()
        return scale, self.bias - mean * scale


class Network(StarsModel):
    """Embeddings, weights and biases; layers are inputs @ weights + biases."""

    def __init__(
        self,
        ratings: RatingTensors,
        n_users: int,
        n_movies: int,
        settings: NetworkConfig,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self._settings = settings
        device = ratings.stars.device

        def embeddings(n: int, rows: torch.Tensor) -> tuple[torch.nn.Parameter, torch.Tensor]:
            start = torch.randn(n, embedding_size(n), generator=generator, device=device)
            return torch.nn.Parameter(start * _INITIAL_SCALE), torch.bincount(rows, minlength=n) > 0

        def uniform(n_in: int, *shape: int) -> torch.nn.Parameter:
            draw = torch.rand(shape, generator=generator, device=device)
            return torch.nn.Parameter((2 * draw - 1) / n_in**0.5)

        self.users, self._rating_users = embeddings(n_users, ratings.users)
        self.movies, self._rated_movies = embeddings(n_movies, ratings.movies)
        widths = [self.users.shape[1] + self.movies.shape[1], *settings.layers, 1]
        sizes = list(pairwise(widths))
        self.weights = torch.nn.ParameterList(uniform(n_in, n_in, n_out) for n_in, n_out in sizes)
        self.biases = torch.nn.ParameterList(uniform(n_in, n_out) for n_in, n_out in sizes)
        self.norms = [_Norm(width, device=device) for width in settings.layers if settings.batch_norm]
        self._registered = torch.nn.ModuleList(self.norms)
        with torch.no_grad():
            self.biases[-1].fill_(ratings.mean_logit())

    def optimizer(self, n_ratings: int) -> torch.optim.Optimizer:
        """AdamW (Loshchilov & Hutter, 2019): embeddings and weights decay, biases and norms go free."""
        settings = self._settings
        decayed = [self.users, self.movies, *self.weights]
        free = [*self.biases, *self._registered.parameters()]
        groups: list[dict[str, Any]] = [{"params": decayed}, {"params": free, "weight_decay": 0.0}]
        return torch.optim.AdamW(
            groups, settings.learning_rate, BETAS, weight_decay=settings.weight_decay, fused=True
        )

    def of_people(self) -> list[torch.Tensor]:
        """None: through batch norm their gradient holds others' errors, and Adam scales it anyway."""
        return []

    def forward(self, users: torch.Tensor, movies: torch.Tensor) -> torch.Tensor:
        """Logits of n pairs; shape (n, 1)."""
        units = torch.cat([embedding(users, self.users), embedding(movies, self.movies)], dim=1)
        for number, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            units = units @ weights + biases
            if number < len(self._settings.layers):
                units = units.relu()
                units = self.norms[number](units) if self.norms else units
        return units

    @torch.no_grad()
    def served(self, loss: float) -> FittedNetwork:
        """For serving, in numpy.

        Whoever and whatever has no ratings takes the embedding of the one that comes nearest to the
        average in what is predicted. The mean embedding is not average: between two kinds of films may lie
        a region that the network never saw, and zero may be another. (The chapter, on newcomers: "pick some
        particular user to represent average taste".)
        """
        some_users, some_movies, logits = self._sample()
        stars = sigmoid_range(logits)
        person = some_users[(stars - stars.mean(0)).square().sum(1).argmin()]
        film = some_movies[(stars - stars.mean(1, keepdim=True)).square().sum(0).argmin()]
        users, movies = self.users.clone(), self.movies.clone()
        users[~self._rating_users] = users[person].clone()
        movies[~self._rated_movies] = movies[film].clone()
        person_spread = float(users[self._rating_users].var(0, correction=0).mean())
        film_spread = float(logits.var(1, correction=0).mean())
        return FittedNetwork(
            self._frozen(movies),
            people=users.cpu().numpy(),
            person_ridge=np.full(users.shape[1], loss / max(person_spread, _LEAST_SPREAD)),
            film_ridge=loss / max(film_spread, _LEAST_SPREAD),
        )

    def _frozen(self, movies: torch.Tensor) -> Net:
        """A norm is linear once training is over: it goes into the next layer's weights."""
        weights, biases = [each.clone() for each in self.weights], [each.clone() for each in self.biases]
        for number, norm in enumerate(self.norms, start=1):
            scale, shift = norm.folded()
            biases[number] += shift @ weights[number]
            weights[number] *= scale[:, None]
        own = self.users.shape[1]
        layers = zip(weights[1:], biases[1:], strict=True)
        return Net(
            person_weights=weights[0][:own].cpu().numpy(),
            movie_inputs=(movies @ weights[0][own:] + biases[0]).cpu().numpy(),
            layers=tuple(Layer(weight.cpu().numpy(), bias.cpu().numpy()) for weight, bias in layers),
            low=LOW,
            high=HIGH,
        )

    def _sample(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Some people who rated (n,), some films that were rated (m,), and their logits (n, m)."""
        rng = np.random.default_rng(0)
        users, movies = (
            torch.from_numpy(rng.permutation(np.flatnonzero(known.cpu().numpy()))[:_AMONG]).to(known.device)
            for known in (self._rating_users, self._rated_movies)
        )
        pairs = torch.cartesian_prod(users, movies)
        return users, movies, self(pairs[:, 0], pairs[:, 1]).view(len(users), len(movies))


class _ServedNetwork(StarsModel):
    """A network as it is served, to learn on: batch norm is folded in, and a film is what it brings to the
    first layer.
    """

    def __init__(self, start: NetworkStars, settings: NetworkConfig, device: torch.device) -> None:
        super().__init__()
        self._settings, self._start = settings, start

        def parameter(array: Floats) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.tensor(array, dtype=torch.float32, device=device))

        self.users, self.movies = parameter(start.user_vectors), parameter(start.net.movie_inputs)
        self.first = parameter(start.net.person_weights)
        self.weights = torch.nn.ParameterList(parameter(layer.weights) for layer in start.net.layers)
        self.biases = torch.nn.ParameterList(parameter(layer.biases) for layer in start.net.layers)

    def optimizer(self, n_ratings: int) -> torch.optim.Optimizer:
        """Adam alone: a cycle this short and low does not go far."""
        return torch.optim.Adam(self.parameters(), self._settings.refit_learning_rate, BETAS, fused=True)

    def of_people(self) -> list[torch.Tensor]:
        """None: through batch norm their gradient holds others' errors, and Adam scales it anyway."""
        return []

    def forward(self, users: torch.Tensor, movies: torch.Tensor) -> torch.Tensor:
        """Logits of n pairs; shape (n, 1)."""
        units = embedding(users, self.users) @ self.first + embedding(movies, self.movies)
        for weights, biases in zip(self.weights, self.biases, strict=True):
            units = units.relu() @ weights + biases
        return units

    @torch.no_grad()
    def fitted(self, loss: float) -> FittedNetwork:
        """For serving, in numpy."""
        layers = zip(self.weights, self.biases, strict=True)
        net = replace(
            self._start.net,
            person_weights=self.first.cpu().numpy(),
            movie_inputs=self.movies.cpu().numpy(),
            layers=tuple(Layer(weight.cpu().numpy(), bias.cpu().numpy()) for weight, bias in layers),
        )
        people = self.users.cpu().numpy()
        rng = np.random.default_rng(0)
        some = [
            torch.from_numpy(rng.permutation(len(table))[:_AMONG]).to(table.device)
            for table in (self.users, self.movies)
        ]
        pairs = torch.cartesian_prod(*some)
        logits = self(pairs[:, 0], pairs[:, 1]).view(len(some[0]), -1)
        return FittedNetwork(
            net,
            people=people,
            person_ridge=np.full(people.shape[1], loss / max(float(people.var()), _LEAST_SPREAD)),
            film_ridge=loss / max(float(logits.var(1, correction=0).mean()), _LEAST_SPREAD),
        )
