"""`matinee interpret`: what the model of stars has learned, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.asking import film_label, film_values, find_film, title_index
from bot.cli.shared import AsJson, DatasetOption, aside, emit, load, out, say
from bot.films.serving import live_model
from bot.films.store import model_folders
from bot.process.extras import require_drawing, require_training
from bot.process.settings import Settings, read_settings
from recsys.config import TrainingConfig
from recsys.data.catalog import Film
from recsys.interpretation import Bias, extreme_biases, factor_map, nearest_by_factors
from recsys.recommender import Recommender
from recsys.serving.replies import Similar

_LABELS = 50  # of the map
_LISTED = 5  # films in each list
_THE_CHAPTERS = "The Silence of the Lambs"


@dataclass(frozen=True, slots=True)
class _Findings:
    """Lists of (film, figure), the first the most extreme or the nearest."""

    film: Film
    least_loved: list[tuple[Film, float]]
    most_loved: list[tuple[Film, float]]
    before: list[tuple[Film, float]]
    after: list[tuple[Film, float]]


def interpret(
    dataset: DatasetOption = None,
    folder: Annotated[Path, typer.Option(help="Where the map, films.png, goes.")] = Path("."),
    title: Annotated[
        str | None, typer.Option(help=f"A film whose nearest are told; default: {_THE_CHAPTERS}.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was learned: the least and most loved films, a map of them as PNG, the nearest of one.

    The nearest are told by the factors of ratings alone, and as the bot serves them. The newest model of the
    home is looked at; with --dataset, or in an empty home, one is trained, not kept. Needs the `train` extra.
    """
    require_drawing()
    from recsys.plots import draw_map

    recommender = _model(read_settings(), dataset)
    findings = _look(recommender, _film(recommender, title))
    found, path = factor_map(recommender), folder / "films.png"
    best_known = [recommender.catalog[int(movie_id)] for movie_id in found.movie_ids[:_LABELS]]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(draw_map(found, [film.title for film in best_known]))
    if as_json:
        emit({"model": recommender.config.model, "map": str(path), **_json(findings)})
        return
    for table in _tables(findings):
        out.print(table)
    say(f"A map of the {len(found.movie_ids)} most rated films is in {path}")


def _look(recommender: Recommender, film: Film) -> _Findings:
    def biases(found: list[Bias]) -> list[tuple[Film, float]]:
        return [(recommender.catalog[each.movie_id], each.bias) for each in found]

    def nearest(found: list[Similar]) -> list[tuple[Film, float]]:
        return [(recommender.catalog[each.movie_id], each.similarity) for each in found]

    lowest, highest = extreme_biases(recommender, _LISTED)
    return _Findings(
        film,
        biases(lowest),
        biases(highest),
        nearest(nearest_by_factors(recommender, film.movie_id, _LISTED)),
        nearest(recommender.similar([film.movie_id], _LISTED)),
    )


def _model(settings: Settings, dataset: str | None) -> Recommender:
    if dataset is None and model_folders(settings.models):
        return live_model(settings)[1]
    require_training()
    import recsys

    data = load(settings, dataset)
    with aside.status("Training a model to look at …"):
        return recsys.fit(data.ratings, data.catalog, TrainingConfig(parts=("stars", "similar")))


def _film(recommender: Recommender, title: str | None) -> Film:
    """The film that is asked for; the chapter's, or where there is none the best known."""
    titles = title_index(recommender)
    if title is not None:
        return find_film(titles, recommender, title)
    search = titles.find(_THE_CHAPTERS)
    if search.verdict == "clear":
        return recommender.catalog[search.matches[0].movie_id]
    return recommender.catalog[int(recommender.catalog.movie_ids[recommender.popularity.argmax()])]


def _json(findings: _Findings) -> dict[str, Any]:
    def listed(found: list[tuple[Film, float]], figure: str) -> list[dict[str, Any]]:
        return [{**film_values(film), figure: round(value, 4)} for film, value in found]

    return {
        "least_loved": listed(findings.least_loved, "bias"),
        "most_loved": listed(findings.most_loved, "bias"),
        "film": film_values(findings.film),
        "nearest_by_factors": listed(findings.before, "similarity"),
        "nearest": listed(findings.after, "similarity"),
    }


def _tables(findings: _Findings) -> tuple[Table, Table]:
    return (
        _side_by_side(
            "Film biases: the least and most loved, once people's generosity and taste are taken out",
            {"least loved": findings.least_loved, "most loved": findings.most_loved},
        ),
        _side_by_side(
            f"Nearest to {film_label(findings.film)}",
            {"by rating factors, as in the chapter": findings.before, "as served": findings.after},
        ),
    )


def _side_by_side(title: str, sides: dict[str, list[tuple[Film, float]]]) -> Table:
    table = Table(title=Text(title), title_justify="left")
    for name in sides:
        table.add_column(name)
        table.add_column("", justify="right")
    for row in zip_longest(*sides.values()):
        cells = [(Text(film_label(each[0])), f"{each[1]:.2f}") if each else ("", "") for each in row]
        table.add_row(*(cell for pair in cells for cell in pair))
    return table
