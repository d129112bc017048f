"""The `matinee` command: one file for each group of commands. Above all else, and imported by nobody."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup, TyperOption

from bot.cli import asking, catalog, database, evaluation, models, serve, worker
from bot.cli.doctor import doctor
from bot.cli.interpret import interpret
from bot.errors import BotError
from bot.process import logs
from bot.process.version import version_line
from recsys.errors import RecsysError
from storage.database.urls import masked_text
from storage.errors import StorageError

__all__ = ["main"]

cli = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
film_group = typer.Typer(help="Change the films in the database.", no_args_is_help=True)
cli.command()(serve.prepare)
cli.command()(serve.run)
cli.command()(serve.demo)
for film_command in (catalog.add, catalog.update, catalog.migrate):
    film_group.command()(film_command)
cli.add_typer(film_group, name="catalog")
cli.command()(models.train)
cli.command()(worker.worker)
cli.command()(evaluation.evaluate)
cli.command()(interpret)
cli.command()(asking.similar)
cli.command()(asking.recommend)
cli.command()(doctor)
data = typer.Typer(help="Get the data sets that models learn from.", no_args_is_help=True)
data.command("fetch")(models.fetch_data)
cli.add_typer(data, name="data")
db = typer.Typer(help="Look after the database: backups, and the way to another one.", no_args_is_help=True)
for db_command in (database.upgrade, database.backup, database.restore, database.copy):
    db.command()(db_command)
cli.add_typer(db, name="db")


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(version_line())
        raise typer.Exit


@cli.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """A Telegram bot that learns what you like and answers in a tap: what to watch tonight."""


def command() -> TyperGroup:
    """All commands. Of Typer's two options for completion in a shell the help shows one, in a line."""
    group = typer.main.get_command(cli)
    assert isinstance(group, TyperGroup)
    for option in group.params:
        if isinstance(option, TyperOption) and option.name == "install_completion":
            option.help = "Let Tab complete in this shell."
        elif isinstance(option, TyperOption) and option.name == "show_completion":
            option.hidden = True
    return group


def main() -> None:
    """Run the command; what an operator can mend ends in one message, not in a traceback."""
    logs.configure("WARNING")  # to standard error: what is printed may be piped
    try:
        command()()
    except (BotError, RecsysError, StorageError) as error:
        text = Text(f"matinee: {masked_text(str(error))}", style="red")  # as it is: neither markup nor emoji
        Console(stderr=True).print(text, soft_wrap=True)
        sys.exit(1)
