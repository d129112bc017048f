"""`matinee prepare | run | demo | catalog migrate`."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console

from bot import app, home, logs
from bot.errors import SettingsError
from bot.library import CATALOG_KEY, new_films
from bot.prepare import in_child_process, is_prepared
from bot.prepare import prepare as make_first_model
from bot.settings import Settings, read_settings

__all__ = ["demo", "migrate_catalog", "prepare", "run"]

_DEMO_TOKEN = "5000000001:local-telegram-needs-no-secret"

out = Console()


def prepare(
    again: Annotated[bool, typer.Option("--again", help="Train anew even if there is a model.")] = False,
) -> None:
    """Fetch the data and train the first model. Needs the `train` extra."""
    settings = read_settings()
    with home.hold(settings.home):
        if is_prepared(settings) and not again:
            out.print(f"There is a model in {settings.models} already; --again trains another.")
            return
        from bot.cli.progress import Bars

        started = time.monotonic()
        with Bars(out) as bars:
            folder, metrics = make_first_model(
                settings, say=out.print, progress=bars.data, report=bars.training
            )
        seconds = time.monotonic() - started
        error = metrics.get("rmse")
        told = "" if error is None else f" On ratings it has not seen it errs by {error:.2f} stars (RMSE)."
        out.print(f"Model {folder.name} is ready after {seconds:.0f} s.{told}")


def run() -> None:
    """Answer people on Telegram, until stopped. An empty home is prepared first."""
    settings = read_settings()
    if settings.telegram_token is None:
        raise SettingsError(
            "MATINEE_TELEGRAM_TOKEN is not set: get one from @BotFather (/newbot) and put it in the "
            "environment or in .env. To try Matinee without Telegram: matinee demo (or `make demo`)."
        )
    logs.configure(settings.log_level, settings.telegram_token.get_secret_value(), settings.log_format)
    _prepare_if_empty(settings)
    with home.hold(settings.home):
        asyncio.run(app.run(settings))


def demo(
    port: Annotated[int, typer.Option(help="Port of the page; a free one is used if it is taken.")] = 8081,
) -> None:
    """Talk to Matinee in the browser: the bot and a local Telegram, without a token."""
    settings = read_settings()
    _prepare_if_empty(settings)
    logs.configure("WARNING", _DEMO_TOKEN, settings.log_format)
    with home.hold(settings.home):
        asyncio.run(_demo(settings, port))


async def _demo(settings: Settings, port: int) -> None:
    """The people of the local Telegram are not those of the real one: they have a database of their own."""
    from bot.sandbox import Sandbox, serve

    sandbox = Sandbox(_DEMO_TOKEN, path=settings.home / "demo-telegram.db")
    async with serve(sandbox, port=port) as url:
        out.print(f"\n  Matinee is at [bold]{url}/[/bold]  (Ctrl+C stops it)\n", highlight=False)
        await app.run(
            settings.model_copy(
                update={
                    "telegram_token": SecretStr(_DEMO_TOKEN),
                    "telegram_api_url": url,
                    "database_url": f"sqlite+aiosqlite:///{settings.home / 'demo.db'}",
                }
            )
        )


def migrate_catalog() -> None:
    """Move every film in the database, with its ratings, to the numbering of the newest model's data set."""
    settings = read_settings()
    with home.hold(settings.home):
        unmatched = asyncio.run(_migrate_catalog(settings))
    for label in unmatched:
        out.print(f"  not in the new data set, its ratings are kept: {label}", highlight=False)
    out.print(f"Done; {len(unmatched)} films are not in the new data set.")


async def _migrate_catalog(settings: Settings) -> list[str]:
    from bot.cards import film_label
    from storage import films
    from storage import settings as stored_settings
    from storage.database import Database
    from storage.migrations import migrate

    _, recommender = home.live_model(settings.models)
    catalog = recommender.catalog
    await migrate(settings.database, settings.home / "backups")
    database = await Database.open(settings.database)
    try:
        async with database.write() as conn:
            unmatched = await films.migrate(conn, catalog.source, new_films(catalog))
            now = {"source": catalog.source, "fingerprint": catalog.fingerprint}
            await stored_settings.put(conn, CATALOG_KEY, now)
    finally:
        await database.close()
    return [film_label(film) for film in unmatched]


def _prepare_if_empty(settings: Settings) -> None:
    if not is_prepared(settings):
        out.print(f"Preparing {settings.home}: data and a first model, once.", highlight=False)
        in_child_process([])
