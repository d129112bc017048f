"""`matinee similar TITLE | recommend`: ask the newest model in the home, without torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.shared import AsJson, emit, out
from bot.errors import UnclearRequest
from bot.films.serving import live_model
from bot.process.settings import read_settings
from recsys.data.catalog import Film
from recsys.recommender import Recommender
from recsys.titles import TitleIndex

_Count = Annotated[int, typer.Option("-n", "--number", min=1, help="How many films.")]


def similar(
    title: Annotated[list[str], typer.Argument(help="A title, with its year if there are several.")],
    n: _Count = 10,
    as_json: AsJson = False,
) -> None:
    """List the films most like one."""
    recommender = _newest()
    film = find_film(title_index(recommender), recommender, " ".join(title))
    found = recommender.similar([film.movie_id], n)
    rows = [
        {
            **film_values(recommender.catalog[each.movie_id]),
            "similarity": round(each.similarity, 4),
            "because": each.because,
            "shared_genres": list(each.shared_genres),
        }
        for each in found
    ]
    if as_json:
        emit({"film": film_values(film), "similar": rows})
    else:
        out.print(_table(f"Like {film_label(film)}", rows, "similarity"))


def recommend(
    rated: Annotated[
        list[str] | None, typer.Option("--rated", help='What you thought of a film: "Heat=5". Repeat it.')
    ] = None,
    likes: Annotated[list[str] | None, typer.Option("--likes", help="A genre you like. Repeat it.")] = None,
    dislikes: Annotated[
        list[str] | None, typer.Option("--dislikes", help="A genre you do not like. Repeat it.")
    ] = None,
    genre: Annotated[
        list[str] | None, typer.Option("--genre", help="Only films of this genre. Repeat it.")
    ] = None,
    n: _Count = 10,
    as_json: AsJson = False,
) -> None:
    """Recommend films for ratings and genres given on the command line; nothing is kept."""
    recommender = _newest()
    titles = title_index(recommender)
    ratings = dict(_rating(titles, recommender, text) for text in rated or [])
    answers = dict.fromkeys(_genres(recommender, likes), 1) | dict.fromkeys(
        _genres(recommender, dislikes), -1
    )
    only = _genres(recommender, genre) if genre else None
    found = recommender.recommend(recommender.fold_in(ratings, answers), n, genres=only)
    rows = [
        {**film_values(recommender.catalog[each.movie_id]), "stars": each.stars and round(each.stars, 2)}
        for each in found
    ]
    if as_json:
        emit({"rated": {str(movie_id): stars for movie_id, stars in ratings.items()}, "recommended": rows})
    else:
        out.print(_table("What to watch", rows, "stars"))


def _newest() -> Recommender:
    return live_model(read_settings())[1]


def title_index(recommender: Recommender) -> TitleIndex:
    """The titles of a model's films, the best known first among equals."""
    return TitleIndex(recommender.catalog, recommender.popularity.tolist())


def find_film(titles: TitleIndex, recommender: Recommender, text: str) -> Film:
    """The film of a title. Raises UnclearRequest that lists those it may be."""
    search = titles.find(text)
    if search.verdict == "clear":
        return recommender.catalog[search.matches[0].movie_id]
    nearest = ", ".join(film_label(recommender.catalog[match.movie_id]) for match in search.matches)
    if search.verdict == "several":
        raise UnclearRequest(f"{text}: which one? {nearest}")
    raise UnclearRequest(f"{text}: no film is called that. The nearest: {nearest or 'none'}")


def _rating(titles: TitleIndex, recommender: Recommender, text: str) -> tuple[int, float]:
    title, _, stars = text.rpartition("=")
    try:
        value = float(stars)
    except ValueError:
        title = ""
    if not title:
        raise UnclearRequest(f"--rated {text}: expected a title and its stars, as in --rated Heat=5")
    return find_film(titles, recommender, title).movie_id, value


def _genres(recommender: Recommender, names: Iterable[str] | None) -> list[str]:
    """Genres in the catalog's spelling; what it does not have is left for the recommender to refuse."""
    spelling = {genre.casefold(): genre for genre in recommender.catalog.genres}
    return [spelling.get(name.casefold(), name) for name in names or []]


def film_values(film: Film) -> dict[str, Any]:
    """A film as JSON has it."""
    return {
        "movie_id": film.movie_id,
        "title": film.title,
        "year": film.year,
        "genres": list(film.genres),
        "imdb_id": film.imdb_id,
    }


def film_label(film: Film) -> str:
    """A film in a line of text."""
    return f"{film.title} ({film.year})" if film.year else film.title


def _table(title: str, rows: list[dict[str, Any]], score: str) -> Table:
    table = Table(title=Text(title), title_justify="left")  # Text: [rec] is a title, not markup
    for column in ("", score):
        table.add_column(column, justify="right")
    table.add_column("film")
    table.add_column("genres", style="dim")
    for number, row in enumerate(rows, start=1):
        value = "–" if row[score] is None else f"{row[score]:.2f}"
        label = f"{row['title']} ({row['year']})" if row["year"] else row["title"]
        table.add_row(f"{number}.", value, Text(label), ", ".join(row["genres"]))
    return table
