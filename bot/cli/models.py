"""`matinee train | data fetch`: models and data by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.shared import AsJson, DatasetOption, DeviceOption, aside, emit, load, say
from bot.process import home
from bot.process.extras import require_training
from bot.process.settings import read_settings
from bot.training.preparing import train_model
from recsys.config import MODELS, TrainingConfig
from recsys.progress import Step

_DEFAULTS = TrainingConfig()


def train(
    dataset: DatasetOption = None,
    model: Annotated[str, typer.Option(help=f"What predicts stars: {', '.join(MODELS)}.")] = _DEFAULTS.model,
    device: DeviceOption = "auto",
    seed: Annotated[int, typer.Option(help="The same seed gives the same model on the CPU.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Train another model, with a line for each step, and put it into the home, where `run` takes it from.

    It learns from all ratings of the data set but those that models are measured on. Needs the `train` extra.
    """
    require_training()
    settings = read_settings()
    config = TrainingConfig(model=model, device=device, seed=seed)
    steps: list[dict[str, Any]] = []

    def report(step: Step) -> None:
        steps.append(_step(step))
        if not as_json:
            say(_step_line(steps[-1]))

    with home.hold(settings.home):
        data = load(settings, dataset)
        folder, metrics = train_model(data, settings, config, report)
    if as_json:
        emit({"dataset": data.name, "folder": str(folder), "metrics": metrics, "steps": steps})
        return
    found = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items()) or "too little to say"
    say(f"The model is in {folder}. On what it has not seen: {found}.")


def fetch_data(
    name: Annotated[
        str | None, typer.Argument(help="ml-latest-small, ml-100k, ml-1m, …; default MATINEE_DATASET.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where to; default: data in the home.")] = None,
    as_json: AsJson = False,
) -> None:
    """Download a data set, unless it is there."""
    from bot.cli.progress import Bars
    from recsys.data.sources.download import fetch

    settings = read_settings()
    with Bars(aside) as bars:
        path = fetch(name or settings.dataset, folder or settings.data, bars.data)
    if as_json:
        emit({"dataset": name or settings.dataset, "path": str(path)})
    else:
        terms = "MovieLens data are for research, not for commerce: see grouplens.org/datasets/movielens."
        say(f"{name or settings.dataset} is in {path}\n{terms}")


def _step(step: Step) -> dict[str, Any]:
    """A step as JSON has it; losses that were not measured are left out."""
    values = {"part": step.part, "number": step.number, "total": step.total}
    losses = {"train_loss": step.train_loss, "valid_loss": step.valid_loss}
    measured = {name: loss for name, loss in losses.items() if not math.isnan(loss)}
    return {**values, "seconds": round(step.seconds, 3), **measured}


def _step_line(step: dict[str, Any]) -> str:
    line = f"{step['part']:6} {step['number']:3}/{step['total']}"
    for name in ("train_loss", "valid_loss"):
        if name in step:
            line += f"  {name.removesuffix('_loss')} {step[name]:.4f}"
    return f"{line}  {step['seconds']:.2f} s"
