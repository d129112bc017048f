"""`matinee train | data fetch`: models and data by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from bot.films.serving import live_model
from bot.films.store import model_folders
from bot.process import home
from bot.process.extras import require_training
from bot.process.settings import Settings, read_settings
from bot.training.preparing import train_model
from recsys.config import MODELS, TrainingConfig
from recsys.data.sources.download import DATASETS
from recsys.progress import Step

if TYPE_CHECKING:  # they import pandas and torch when called
    from recsys.data.dataset import Dataset


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        help="A MovieLens name, folder or zip; default: MATINEE_DATASET, else what the newest model is from."
    ),
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, …; auto takes CUDA where there is one.")]

_DEFAULTS = TrainingConfig()

out = Console()
aside = Console(stderr=True)  # progress, so that standard output can be piped


def train(
    dataset: DatasetOption = None,
    model: Annotated[str, typer.Option(help=f"What predicts stars: {', '.join(MODELS)}.")] = _DEFAULTS.model,
    device: DeviceOption = "auto",
    seed: Annotated[int, typer.Option(help="The same seed gives the same model on the CPU.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Train a model on all but the permanent holdout, and put it into the home, where `run` takes it from."""
    require_training()
    settings = read_settings()
    config = TrainingConfig(model=model, device=device, seed=seed)
    steps: list[dict[str, Any]] = []

    def report(step: Step) -> None:
        steps.append(_step(step))
        if not as_json:
            out.print(_step_line(steps[-1]), highlight=False, soft_wrap=True)

    with home.hold(settings.home):
        data = load(settings, dataset)
        folder, metrics = train_model(data, settings, config, report)
    if as_json:
        emit({"dataset": data.name, "folder": str(folder), "metrics": metrics, "steps": steps})
        return
    found = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items()) or "too little to say"
    out.print(
        f"The model is in {folder}. On what it has not seen: {found}.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


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
        out.print(
            f"{name or settings.dataset} is in {path}\n{terms}", highlight=False, markup=False, soft_wrap=True
        )


def emit(values: object) -> None:
    """JSON to standard output."""
    typer.echo(json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False))


def load(settings: Settings, asked_for: str | None) -> Dataset:
    """The data set that an operator means, with bars; what the newest model is from if none is named."""
    from bot.cli.progress import Bars
    from recsys.data.sources.datasets import load_dataset

    source = asked_for or settings.dataset
    if asked_for is None and not settings.dataset_chosen and model_folders(settings.models):
        of_newest = live_model(settings)[1].catalog.source
        source = of_newest if of_newest in DATASETS else source
    with Bars(aside) as bars:
        return load_dataset(source, folder=settings.data, progress=bars.data)


def _step(step: Step) -> dict[str, Any]:
    """What is told of a step; losses that were not measured are left out."""
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
