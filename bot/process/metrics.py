"""What the running bot measures, for Prometheus: counted as it happens, read at `/metrics`.

No label holds anything that people write or are, and each takes few values: they come from these lists and
from names in our own code.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

UpdateKind = Literal["message", "command", "tap", "vote", "membership", "other"]
UpdateOutcome = Literal["done", "ignored", "unsure", "failed", "left", "given_up"]
JobEnding = Literal["promoted", "refused", "failed", "stopped"]  # of a training job

# An answer was due, and this process is through.
_ENDED: tuple[UpdateOutcome, ...] = ("done", "unsure", "failed")

IDLE = "idle"  # the phase while nothing is trained

# Seconds. An answer takes from a row and a call, some 5 ms, to a flood wait, some 30 s.
_ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Seconds. Under 1 ms for ml-100k's 1,682 films. It holds up everybody while it runs: above 50 ms is felt.
_MATHEMATICS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Every instrument, in a registry of its own. Build with `build_metrics`, once; read on the event loop.

    `calls` and `call_time` are by method of the Bot API, `ranking` by what was asked for: recommend, similar
    or group. `flood_waits` are the seconds that Telegram asked for.
    """

    registry: CollectorRegistry
    updates: Counter
    handling_time: Histogram
    answer_time: Histogram
    queue_length: Gauge
    queue_age: Gauge
    calls: Counter
    call_time: Histogram
    flood_waits: Summary
    fold_in: Histogram
    ranking: Histogram
    model: Gauge
    model_age: Gauge
    model_loaded_at: Gauge
    training_phase: Gauge
    training_jobs: Counter

    def update(self, kind: UpdateKind, outcome: UpdateOutcome, took: float, received_at: datetime) -> None:
        """An update came to an end, so far as this process goes, after `took` seconds in its hands."""
        self.updates.labels(kind, outcome).inc()
        if outcome in _ENDED:
            self.handling_time.labels(kind).observe(took)
            self.answer_time.labels(kind).observe(_since(received_at))

    def watch_queue(self, length: Callable[[], int], oldest_at: Callable[[], datetime | None]) -> None:
        """Ask these at every reading: updates not finished, and when the oldest of them was received."""

        def age() -> float:
            received_at = oldest_at()
            return 0.0 if received_at is None else _since(received_at)

        self.queue_length.set_function(length)
        self.queue_age.set_function(age)

    def serving(self, version: str, made_at: datetime) -> None:
        """People are answered from this model from now on."""
        _only(self.model, version)
        self.model_age.set_function(lambda: _since(made_at))
        self.model_loaded_at.set(time.time())

    def training(self, phase: str | None) -> None:
        """The phase that the running training is in; None when none runs. Phases are words of our own."""
        _only(self.training_phase, phase or IDLE)

    def training_finished(self, outcome: JobEnding) -> None:
        """A training job came to an end."""
        self.training_jobs.labels(outcome).inc()


def build_metrics() -> Metrics:
    """All instruments at nothing, with those of the process and of Python where the system has them."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    metrics = Metrics(
        registry=registry,
        updates=Counter(
            "matinee_updates", "Updates that came to an end", ["kind", "outcome"], registry=registry
        ),
        handling_time=Histogram(
            "matinee_update_handling_seconds",
            "From the turn of an update to its end, calls of Telegram and waits between tries included",
            ["kind"],
            buckets=_ANSWERS,
            registry=registry,
        ),
        answer_time=Histogram(
            "matinee_update_answer_seconds",
            "From the moment an update was received to its end",
            ["kind"],
            buckets=_ANSWERS,
            registry=registry,
        ),
        queue_length=Gauge(
            "matinee_queue_updates",
            "Updates received and not finished, those at work included",
            registry=registry,
        ),
        queue_age=Gauge(
            "matinee_queue_oldest_seconds", "Since the oldest of them was received", registry=registry
        ),
        calls=Counter(
            "matinee_telegram_calls",
            "Calls of the Bot API, repeated ones each",
            ["method", "outcome"],
            registry=registry,
        ),
        call_time=Histogram(
            "matinee_telegram_call_seconds",
            "Time of a call of the Bot API",
            ["method"],
            buckets=_ANSWERS,
            registry=registry,
        ),
        flood_waits=Summary(
            "matinee_telegram_flood_wait_seconds",
            "Seconds that Telegram asked to wait, by 429",
            registry=registry,
        ),
        fold_in=Histogram(
            "matinee_fold_in_seconds", "Time to fold a person in", buckets=_MATHEMATICS, registry=registry
        ),
        ranking=Histogram(
            "matinee_ranking_seconds",
            "Time to rank films",
            ["asked"],
            buckets=_MATHEMATICS,
            registry=registry,
        ),
        model=Gauge("matinee_model_info", "The version that answers", ["version"], registry=registry),
        model_age=Gauge("matinee_model_age_seconds", "Since that model was made", registry=registry),
        model_loaded_at=Gauge(
            "matinee_model_loaded_timestamp_seconds",
            "When it began to answer, in Unix time",
            registry=registry,
        ),
        training_phase=Gauge(
            "matinee_training_phase", "1 for the phase that training is in", ["phase"], registry=registry
        ),
        training_jobs=Counter(
            "matinee_training_jobs", "Training jobs that came to an end", ["outcome"], registry=registry
        ),
    )
    for kind, outcome in product(get_args(UpdateKind), get_args(UpdateOutcome)):
        metrics.updates.labels(kind, outcome)  # at 0, so that the first failure is an increase
    for ending in get_args(JobEnding):
        metrics.training_jobs.labels(ending)
    for unknown in (metrics.model_age, metrics.model_loaded_at):
        unknown.set(math.nan)
    metrics.training(None)
    return metrics


def _only(gauge: Gauge, value: str) -> None:
    """1 for this value of the label, and no other value."""
    gauge.clear()
    gauge.labels(value).set(1)


def _since(moment: datetime) -> float:
    """Seconds since then; none if the clock was set back."""
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())
