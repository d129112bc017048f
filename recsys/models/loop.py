"""The training loop that every model of stars shares: one cycle of Adam over the ratings, epoch by epoch."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, Protocol, TypeVar

import torch
from torch.optim.lr_scheduler import OneCycleLR

from recsys.data.rows import Rows
from recsys.errors import Diverged
from recsys.models.uncertainty import ROUNDING, Pairs
from recsys.progress import OnStep, Step

LOW, HIGH = 0.0, 5.5  # stars at the ends of the sigmoid; wide enough that 5 can be reached
_STEPS = 40  # per epoch unless the settings say how large a batch is: the same course on data of every size
_REFIT_STEPS = 20  # of a fine-tuning, whose rate is low: half as many lost nothing on ml-100k
BETAS = (0.9, 0.99)  # of Adam; the first follows the cycle
_WARM_UP = 0.25  # share of the cycle in which the learning rate rises


class LoopSettings(Protocol):
    """What the loop needs to know of a model's settings (recsys.config)."""

    @property
    def epochs(self) -> int:
        """Passes over the ratings at most."""

    @property
    def batch_size(self) -> int | None:
        """Ratings in one step; None takes a fortieth of them."""

    @property
    def learning_rate(self) -> float:
        """Peak of the cycle."""

    @property
    def valid_share(self) -> float:
        """Ratings set aside to choose the best epoch."""

    @property
    def refit_epochs(self) -> int:
        """Passes over the ratings of a fine-tuning."""

    @property
    def refit_learning_rate(self) -> float:
        """Peak of a fine-tuning's cycle."""


@dataclass(frozen=True, slots=True)
class RatingTensors:
    """Ratings on the device; tensors of shape (n,)."""

    users: torch.Tensor
    movies: torch.Tensor
    stars: torch.Tensor
    influence: torch.Tensor  # (n_users,): weight of each person's ratings where films are learned

    @classmethod
    def of(cls, rows: Rows, device: torch.device) -> RatingTensors:
        """Copies, so that read-only arrays are welcome."""
        return cls(
            torch.tensor(rows.users, dtype=torch.int64, device=device),
            torch.tensor(rows.movies, dtype=torch.int64, device=device),
            torch.tensor(rows.values, dtype=torch.float32, device=device),
            torch.tensor(rows.influence(), device=device),
        )

    def __len__(self) -> int:
        return len(self.stars)

    def take(self, rows: torch.Tensor) -> RatingTensors:
        """Some of them, by position."""
        return RatingTensors(self.users[rows], self.movies[rows], self.stars[rows], self.influence)

    def split(self, size: int) -> Iterator[RatingTensors]:
        """All of them in order, `size` at a time."""
        return map(self.take, torch.split(torch.arange(len(self), device=self.stars.device), size))

    def pairs(self) -> Pairs:
        """Who rated what, in numpy."""
        return Pairs(self.users.cpu().numpy(), self.movies.cpu().numpy())

    def mean_logit(self) -> torch.Tensor:
        """The constant that predicts best, before the sigmoid; a scalar."""
        return torch.logit((self.stars.mean() - LOW) / (HIGH - LOW))


class StarsModel(torch.nn.Module):
    """Logits of pairs; `sigmoid_range` makes stars of them."""

    starts_at_mean = True  # before the first step, it predicts the mean of the ratings
    members = 1  # models trained side by side, each on its own loss, and averaged in logits

    @abstractmethod
    def forward(self, users: torch.Tensor, movies: torch.Tensor) -> torch.Tensor:
        """Logits of n pairs; shape (n, members)."""

    @abstractmethod
    def of_people(self) -> list[torch.Tensor]:
        """The tables with a row for each person."""

    @abstractmethod
    def optimizer(self, n_ratings: int) -> torch.optim.Optimizer:
        """Adam with this model's weight decay."""

    @torch.no_grad()
    def error(self, ratings: RatingTensors) -> float:
        """Mean squared error of the members' average, in stars squared."""
        self.eval()
        predicted = sigmoid_range(self(ratings.users, ratings.movies).mean(1))
        self.train()
        return float((predicted - ratings.stars).square().mean())

    def check_finite(self) -> None:
        """Raise Diverged unless every number that was learned is finite."""
        if not all(table.isfinite().all() for table in self.parameters()):
            raise Diverged("stars: the factors are not finite: lower the learning rate")


_Model = TypeVar("_Model", bound=StarsModel)


@dataclass(frozen=True, slots=True)
class Learned(Generic[_Model]):
    """A model that learned from all ratings; `loss` is that of its first fit on `valid`, which that fit
    did not see, or the last train loss where nothing was set aside.
    """

    model: _Model
    valid: RatingTensors
    loss: float


def learn(
    untrained: Callable[[RatingTensors], _Model],
    ratings: RatingTensors,
    settings: LoopSettings,
    generator: torch.Generator,
    report: OnStep | None = None,
) -> Learned[_Model]:
    """Train what `untrained` makes for these ratings; `report` hears of every epoch.

    A first fit leaves some ratings out and finds the best epoch; a second one learns from all ratings
    up to that epoch. (Keeping the first one instead costs .004 of test MSE on ml-100k and
    ml-latest-small.) The train loss is the mean over the model's members as they learn, the valid loss
    that of their average; it is not measured in the second fit, and with very few ratings.

    Raises Diverged when a number is not finite, or the predictions are far worse than a constant: the mean,
    or the middle of the sigmoid's range for a model that starts there.
    """
    say = report or (lambda step: None)
    shuffled = torch.randperm(len(ratings), generator=generator, device=ratings.stars.device)
    n_valid = round(settings.valid_share * len(ratings))
    valid, rest = ratings.take(shuffled[:n_valid]), ratings.take(shuffled[n_valid:])
    tried: list[Step] = []
    if n_valid:
        for epoch in one_cycle(untrained(rest), rest, valid, settings, generator):
            tried.append(replace(epoch, total=2 * settings.epochs))
            say(tried[-1])
    best = min(tried, key=lambda epoch: epoch.valid_loss).number if tried else settings.epochs
    model = untrained(ratings)
    for epoch in islice(one_cycle(model, ratings, None, settings, generator), best):
        say(replace(epoch, number=len(tried) + epoch.number, total=len(tried) + best))
    _check(model, ratings, epoch.train_loss)
    return Learned(model.eval(), valid, tried[best - 1].valid_loss if tried else epoch.train_loss)


def fine_tune(
    model: StarsModel,
    ratings: RatingTensors,
    settings: LoopSettings,
    generator: torch.Generator,
    report: OnStep | None = None,
) -> None:
    """A short, low cycle over all ratings, old and new, of a model that has learned. Raises Diverged."""
    cycle = one_cycle(
        model,
        ratings,
        None,
        settings,
        generator,
        epochs=settings.refit_epochs,
        learning_rate=settings.refit_learning_rate,
        steps_each=_REFIT_STEPS,
    )
    for epoch in cycle:
        if report is not None:
            report(epoch)
    _check(model, ratings, epoch.train_loss)
    model.eval()


def _check(model: StarsModel, ratings: RatingTensors, loss: float) -> None:
    """Raise Diverged for what is far worse than a constant, or not finite."""
    spread = float(ratings.stars.var(correction=0))
    if not model.starts_at_mean:  # few ratings, all alike, cannot take it further than a part of the way
        spread = max(spread, float((ratings.stars - (LOW + HIGH) / 2).square().mean()))
    if loss > 2 * spread + ROUNDING:
        raise Diverged(f"stars: train loss {loss:.3f}, a constant has {spread:.3f}: lower the learning rate")
    model.check_finite()


def one_cycle(
    model: StarsModel,
    ratings: RatingTensors,
    valid: RatingTensors | None,
    settings: LoopSettings,
    generator: torch.Generator,
    *,
    epochs: int | None = None,
    learning_rate: float | None = None,
    steps_each: int = _STEPS,
) -> Iterator[Step]:
    """One cycle of Adam (Smith & Topin, *Super-Convergence*, 2018), epoch by epoch; as long and as high as
    the settings say unless given. Raises Diverged.
    """
    n, epochs = len(ratings), epochs or settings.epochs
    size = settings.batch_size or math.ceil(n / steps_each)
    steps = epochs * math.ceil(n / size)
    optimizer = model.optimizer(n)
    schedule = OneCycleLR(optimizer, learning_rate or settings.learning_rate, steps, pct_start=_WARM_UP)
    # A person's own row learns at full weight: its gradient gets back what the cap takes from the loss.
    given_back = ratings.influence.reciprocal()[:, None] if bool((ratings.influence < 1).any()) else None
    for number in range(1, epochs + 1):
        began = time.perf_counter()
        total = torch.zeros((), device=ratings.stars.device)
        shuffled = torch.randperm(n, generator=generator, device=total.device)
        for rows in torch.split(shuffled, size):
            batch = ratings.take(rows)
            predicted = sigmoid_range(model(batch.users, batch.movies))
            squares = (predicted - batch.stars[:, None]).square()
            loss = squares.mean(0).sum()  # each member learns by itself
            optimizer.zero_grad()
            if given_back is None:
                loss.backward()  # type: ignore[no-untyped-call]  # torch's own gap
            else:
                weighted = (squares * ratings.influence[batch.users, None]).mean(0).sum()
                weighted.backward()  # type: ignore[no-untyped-call]
                for table in model.of_people():
                    if table.grad is not None:
                        table.grad.mul_(given_back)
            optimizer.step()
            schedule.step()
            total += loss.detach() * len(rows)
        train_loss = float(total) / (n * model.members)
        valid_loss = math.nan if valid is None else model.error(valid)
        if not math.isfinite(train_loss if valid is None else train_loss + valid_loss):
            raise Diverged(
                f"stars: losses {train_loss}, {valid_loss} in epoch {number}: lower the learning rate"
            )
        yield Step("stars", number, epochs, time.perf_counter() - began, train_loss, valid_loss)


def sigmoid_range(logits: torch.Tensor) -> torch.Tensor:
    """Stars between LOW and HIGH."""
    return LOW + (HIGH - LOW) * torch.sigmoid(logits)
