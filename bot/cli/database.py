"""`matinee db upgrade | backup | restore | copy`: the database, by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.shared import say
from bot.process import home
from bot.process.settings import Settings, read_settings
from storage.database import backup as backups
from storage.database import copying, migrations
from storage.database.engine import parse_url
from storage.database.lock import hold
from storage.database.urls import masked


def upgrade() -> None:
    """Bring the database to the schema of this version, as `run` does at its start. The bot must not run."""
    settings = read_settings()
    with home.hold(settings.home):
        revision = asyncio.run(_upgrade(settings))
    say(f"The database has schema {revision}.")


def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; default: backups in the home.")] = None,
) -> None:
    """Write a backup, read it back and check it. The bot may run meanwhile."""
    settings = read_settings()
    target = file or settings.home / "backups" / backups.default_name(settings.database)
    rows = asyncio.run(backups.back_up(settings.database, target))
    say(f"The backup is {target}: {_counted(rows)}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup, as `matinee db backup` writes it.")],
) -> None:
    """Put a backup in the place of the database, which is kept beside. The bot must not run."""
    settings = read_settings()
    with home.hold(settings.home):
        restored = asyncio.run(backups.restore(settings.database, file, settings.home / "backups"))
    say(f"The database is that of {file}: {_counted(restored.rows)}.")
    if restored.aside is not None:
        say(f"The one before is kept: {restored.aside}.")


def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database: postgresql+asyncpg://…")],
) -> None:
    """Copy the database to another, empty one, verified by counts and checksums. The bot must not run."""
    settings = read_settings()
    with home.hold(settings.home):
        rows = asyncio.run(copying.copy(settings.database, to, settings.home / "backups"))
    say(f"Copied, counted and compared: {_counted(rows)}.")
    say(f"To go on there, set MATINEE_DATABASE_URL={masked(parse_url(to))}")


async def _upgrade(settings: Settings) -> str:
    async with hold(settings.database):
        return await migrations.migrate(settings.database, settings.home / "backups")


def _counted(rows: Mapping[str, int]) -> str:
    filled = {name: count for name, count in rows.items() if count and name != "alembic_version"}
    return ", ".join(f"{count} {name}" for name, count in filled.items()) or "no rows"
