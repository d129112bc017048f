"""The `matinee` command."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from bot import logs
from bot.cli import database, evaluation, films, models, serve
from bot.cli.doctor import doctor
from bot.cli.draw import draw
from bot.cli.interpret import interpret
from bot.errors import BotError
from bot.pictures import DRAW_COMMAND
from recsys.errors import RecsysError
from storage.errors import StorageError

__all__ = ["main"]

cli = typer.Typer(
    help="A Telegram bot that learns what you like and answers in a tap: what to watch tonight.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
catalog = typer.Typer(help="The films in the database.", no_args_is_help=True)
cli.command()(serve.prepare)
cli.command()(serve.run)
cli.command()(serve.demo)
cli.command(DRAW_COMMAND, hidden=True)(draw)
catalog.command("migrate")(serve.migrate_catalog)
cli.add_typer(catalog, name="catalog")
cli.command()(models.train)
cli.command()(evaluation.evaluate)
cli.command()(interpret)
cli.command()(films.similar)
cli.command()(films.recommend)
cli.command()(doctor)
data = typer.Typer(help="The data sets that models learn from.", no_args_is_help=True)
data.command("fetch")(models.fetch_data)
cli.add_typer(data, name="data")
db = typer.Typer(help="The database: backups, and the way to another one.", no_args_is_help=True)
for command in (database.upgrade, database.backup, database.restore, database.copy):
    db.command()(command)
cli.add_typer(db, name="db")


def main() -> None:
    """Run the command; what an operator can mend ends in one message, not in a traceback."""
    logs.configure("WARNING")  # to standard error: what is printed may be piped
    try:
        cli()
    except (BotError, RecsysError, StorageError) as error:
        Console(stderr=True).print(
            f"matinee: {error}", style="red", highlight=False, markup=False, soft_wrap=True
        )
        sys.exit(1)
