"""`matinee catalog add | update | migrate`: the films in the database, with the bot stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.serve import DEMO_DATABASE, demo_settings
from bot.cli.shared import say
from bot.films.catalog_commands import Added, add_films, migrate_films, update_from_data_set
from bot.process import home
from bot.process.settings import read_settings
from bot.wording import film_label
from recsys.data.sources.film_lists import read_film_list
from recsys.data.sources.layouts import read_catalog


def add(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: title, year, genres, imdbId, tmdbId, alternatives; or an export of IMDb or Letterboxd."
        ),
    ],
) -> None:
    """Add the films of a CSV file that are not there yet; known ones stay as they are.

    The bot must not run.
    """
    settings, listed = read_settings(), read_film_list(file)
    with home.hold(settings.home):
        _report(asyncio.run(add_films(settings, listed, update=False)), listed.left_out)


def update(
    file: Annotated[Path, typer.Argument(help="Such a list, or a newer edition of the MovieLens data set.")],
) -> None:
    """Add films and correct known ones, from such a file or from a newer edition of the data set.

    The bot must not run.
    """
    settings = read_settings()
    if file.is_file() and file.suffix.lower() == ".csv":
        listed = read_film_list(file)
        with home.hold(settings.home):
            _report(asyncio.run(add_films(settings, listed, update=True)), listed.left_out)
        return
    catalog = read_catalog(file)
    with home.hold(settings.home):
        _report(asyncio.run(update_from_data_set(settings, catalog)))


def migrate() -> None:
    """After a change of data set, give every film in the database its number in the new one.

    Ratings go with their films, also in the demo's database. What is not in the new data set is listed, and
    its ratings are kept. The bot must not run.
    """
    settings = read_settings()
    with home.hold(settings.home):
        missed, others = asyncio.run(migrate_films(settings))
        if (settings.home / DEMO_DATABASE).exists():
            asyncio.run(migrate_films(demo_settings(settings)))
    for film in missed:
        say(f"  not in the new data set, its ratings are kept: {film_label(film)}")
    say(f"Done. Not in the new data set: {len(missed)} films with ratings, {others} without.")


def _report(added: Added, left_out: int = 0) -> None:
    if left_out:
        say(f"Left out, since they are no films: {left_out} series, episodes or games.")
    if added.strange:
        say(f"Genres that no film here has, left out: {', '.join(added.strange)}.")
    say(f"Done. New films: {added.new}. Changed: {added.changed}. As they were: {added.same}.")
