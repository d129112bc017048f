"""`matinee evaluate`: how good each model is, on the data sets and protocols that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from bot.cli.shared import AsJson, DatasetOption, DeviceOption, aside, emit, load, out
from bot.process.extras import require_training
from bot.process.settings import read_settings
from recsys.config import TrainingConfig

if TYPE_CHECKING:
    from recsys.evaluation import Evaluation, Measure


_USUAL = ["stars", "order"]
_CHAPTER = "chapter"


def evaluate(
    dataset: DatasetOption = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many splits to average over: seeds 0, 1, …")] = 3,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            help="stars, order, newcomers (people of whom only a few answers are known), groups (which films "
            "serve a movie night), or chapter (every system of a chapter of the fastai book, minutes a "
            "seed). Repeat it. Default: stars and order."
        ),
    ] = None,
    device: DeviceOption = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure how good the models are: the error of stars, the order for people never seen, and more.

    Stars are measured on a random fifth of the ratings; popularity stands beside every order. The model of
    the home has no part in it: each split trains its own. Needs the `train` extra.
    """
    from recsys.evaluation import evaluate as measure

    require_training()
    settings = read_settings()
    data = load(settings, dataset)
    with aside.status("Measuring …") as status:
        report = measure(
            data,
            range(seeds),
            config=TrainingConfig(device=device),
            protocols=protocol or _USUAL,
            progress=lambda what: status.update(f"Measuring: {what} …"),
        )
    if as_json:
        emit(_values(report))
        return
    for table in (_table(report), _chapter(report)):
        if table.row_count:
            out.print(table)


def _values(report: Evaluation) -> dict[str, Any]:
    return {
        "dataset": report.dataset,
        "seeds": list(report.seeds),
        "measures": [
            {
                "protocol": each.protocol,
                "method": each.method,
                "metric": each.metric,
                "mean": each.mean,
                "spread": each.spread,
                "values": list(each.values),
            }
            for each in report.measures
        ],
    }


def _table(report: Evaluation) -> Table:
    table = Table(title=_title(report), title_justify="left")
    for column in ("protocol", "method", "metric"):
        table.add_column(column)
    table.add_column("value", justify="right")
    for each in report.measures:
        if each.protocol != _CHAPTER:
            table.add_row(each.protocol, each.method, each.metric, f"{each.mean:.4f} ± {each.spread:.4f}")
    return table


def _chapter(report: Evaluation) -> Table:
    """The book's table with ours beside it: a row a system, a column a figure."""
    rows: dict[str, dict[str, Measure]] = {}
    for each in report.measures:
        if each.protocol == _CHAPTER:
            rows.setdefault(each.method, {})[each.metric] = each
    columns = list(dict.fromkeys(metric for row in rows.values() for metric in row))
    table = Table(title=f"Chapter 8 of the fastai book on {_title(report)}", title_justify="left")
    table.add_column("system", no_wrap=True)  # figures wrap first
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(_figure(row.get(column)) for column in columns))
    return table


def _title(report: Evaluation) -> str:
    return f"{report.dataset}, seeds {', '.join(map(str, report.seeds))}: mean ± standard deviation"


def _figure(measure: Measure | None) -> str:
    if measure is None:
        return "–"
    if measure.metric.startswith("s "):
        return f"{measure.mean:.2f}"
    return f"{measure.mean:.4f} ± {measure.spread:.4f}" if measure.spread else f"{measure.mean:.4f}"
