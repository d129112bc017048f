"""Options and output that several commands share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.films.serving import live_model
from bot.films.store import model_folders
from bot.process.settings import Settings
from recsys.data.sources.download import DATASETS

if TYPE_CHECKING:
    from recsys.data.dataset import Dataset

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        help="A MovieLens name, folder or zip; default: MATINEE_DATASET, else what the newest model is from."
    ),
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, …; auto takes CUDA where there is one.")]

out = Console(emoji=False)  # root:x:0 is no ❌
aside = Console(stderr=True, emoji=False)  # progress, so that standard output can be piped


def say(text: str) -> None:
    """A text to standard output as it is: nothing in it is markup, and no line is broken."""
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def emit(values: object) -> None:
    """JSON to standard output."""
    typer.echo(json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False))


def load(settings: Settings, asked_for: str | None) -> Dataset:
    """The data set that is asked for, with bars; what the newest model is from if none is named."""
    from bot.cli.progress import Bars
    from recsys.data.sources.datasets import load_dataset

    source = asked_for or settings.dataset
    if asked_for is None and not settings.dataset_chosen and model_folders(settings.models):
        of_newest = live_model(settings)[1].catalog.source
        source = of_newest if of_newest in DATASETS else source
    with Bars(aside) as bars:
        return load_dataset(source, folder=settings.data, progress=bars.data, scale=settings.rating_scale)
