"""`matinee draw`, hidden: a request for a picture on standard input, the PNG on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from bot.cli.films import film_label
from bot.pictures import Biases, FilmMap, Losses, Panels, PerDay, Picture, read_request
from bot.training.preparing import require_training
from recsys.data.catalog import Catalog
from recsys.interpretation import Bias, extreme_biases, factor_map
from recsys.recommender import Recommender

_NICE = 10  # people are answered first
_LABELS = 50  # of the map
_BIASES = 12  # films, on each side


def draw() -> None:
    """Draw what the request names; see bot.pictures."""
    require_training("matplotlib")
    if hasattr(os, "nice"):
        os.nice(_NICE)
    request = read_request(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_DRAW[type(request)](request))


def _panels(request: Panels) -> bytes:
    from recsys.plots import draw_charts

    return draw_charts(request.moments, request.panels, request.title, request.note)


def _per_day(request: PerDay) -> bytes:
    from recsys.plots import draw_per_day

    return draw_per_day(request.counts, request.title, request.per_day, request.per_week, request.average)


def _losses(request: Losses) -> bytes:
    from recsys.plots import draw_losses

    return draw_losses(request.steps, request.title, request.train, request.valid, request.step, request.loss)


def _map(request: FilmMap) -> bytes:
    from recsys.plots import draw_map

    recommender = Recommender.load(request.model)
    found = factor_map(recommender)
    best_known = [recommender.catalog[int(movie_id)] for movie_id in found.movie_ids[:_LABELS]]
    return draw_map(found, [film.title for film in best_known])


def _biases(request: Biases) -> bytes:
    from recsys.plots import draw_biases

    recommender = Recommender.load(request.model)
    lowest, highest = extreme_biases(recommender, _BIASES)
    loved, unloved = (_labelled(found, recommender.catalog) for found in (highest, lowest))
    return draw_biases(loved, unloved, request.title, request.axis)


def _labelled(found: list[Bias], catalog: Catalog) -> list[tuple[str, float]]:
    return [(film_label(catalog[each.movie_id]), each.bias) for each in found]


_DRAW: dict[type[Picture], Callable[[Any], bytes]] = {
    Panels: _panels,
    PerDay: _per_day,
    Losses: _losses,
    FilmMap: _map,
    Biases: _biases,
}
