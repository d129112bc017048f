"""`matinee prepare | run | demo`."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from bot import app
from bot.cli.shared import out, say
from bot.films.serving import live_model
from bot.process import home, logs
from bot.process.settings import Settings, read_settings
from bot.training.preparing import check_dataset, in_child_process, is_prepared
from bot.training.preparing import prepare as make_first_model

if TYPE_CHECKING:
    from sandbox import Sandbox


_DEMO_BOT = 5_000_000_001  # the bot's id: its conversations are kept by it
DEMO_DATABASE = "demo.db"
_GROUP_OF = 3  # people, at least, for a movie night that has something to decide


def prepare(
    again: Annotated[bool, typer.Option("--again", help="Train another model even if there is one.")] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Make a model for the time being, in seconds; the bot replaces it by a full one as it runs.",
        ),
    ] = False,
) -> None:
    """Fetch the data and train the first model.

    Without --quick it is a full one, which needs the `train` extra.
    """
    settings = read_settings()
    with home.hold(settings.home):
        if is_prepared(settings) and not again:
            live = live_model(settings)[1]
            check_dataset(settings, live.catalog.source)
            if quick or not live.preliminary:
                out.print(f"There is a model in {settings.models} already; --again trains another.")
                return
        from bot.cli.progress import Bars

        started = time.monotonic()
        with Bars(out) as bars:
            folder, metrics = make_first_model(
                settings, say=say, progress=bars.data, report=bars.training, quick=quick
            )
        seconds = time.monotonic() - started
        error = metrics.get("rmse")
        note = "" if error is None else f" On ratings it has not seen it errs by {error:.2f} stars (RMSE)."
        out.print(f"Model {folder.name} is ready after {seconds:.0f} s.{note}")


def run() -> None:
    """Run the bot on Telegram, until SIGTERM or Ctrl+C. An empty home is prepared first."""
    settings = read_settings(need_token=True)
    logs.configure(settings.log_level, settings.token, settings.log_format)
    _prepare_if_empty(settings)
    with home.hold(settings.home):
        asyncio.run(app.run(settings))


def demo(
    port: Annotated[int, typer.Option(help="Port of the page; a free one is used if it is taken.")] = 8081,
) -> None:
    """Talk to Matinee in the browser: the bot and a local Telegram, without a token.

    An empty home is prepared first. Conversations are kept apart from those of the real bot.
    """
    settings = read_settings()
    _prepare_if_empty(settings)
    token = f"{_DEMO_BOT}:{secrets.token_urlsafe(26)}"  # another one each time: no page can know it
    logs.configure("WARNING", token, settings.log_format)
    with home.hold(settings.home):
        asyncio.run(_demo(settings, port, token))


async def _demo(settings: Settings, port: int, token: str) -> None:
    from sandbox import Sandbox, serve

    with closing(Sandbox(token, path=settings.home / "demo-telegram.db")) as sandbox:
        _make_group(sandbox)
        first = next(iter(sandbox.state.people.values()))
        async with serve(sandbox, port=port) as url:
            _welcome(settings, url, first.first_name)
            served = {"telegram_token": SecretStr(token), "telegram_api_url": url}
            await app.run(demo_settings(settings, first.person_id).model_copy(update=served))


def _welcome(settings: Settings, url: str, admin: str) -> None:
    """Where the page is, and who is its admin."""
    lines = [f"Matinee is at [bold]{url}/[/bold]  (Ctrl+C stops it)"]
    if not settings.admins_chosen:
        lines.append(f"You are its admin as {admin}: /admin")
    out.print("\n" + "".join(f"  {line}\n" for line in lines), highlight=False, soft_wrap=True)


def _make_group(sandbox: Sandbox) -> None:
    """A group with everybody and the bot in it, so that a movie night can begin at once."""
    if sandbox.state.groups():
        return
    if len(sandbox.state.people) < _GROUP_OF:
        sandbox.people.add("Joan", username="joan_c")
    creator, *others = sandbox.state.people
    group = sandbox.groups.add("Movie night", creator)
    for person_id in (*others, sandbox.bot.person_id):
        sandbox.groups.set_member(group.chat_id, person_id, "member", creator)


def demo_settings(settings: Settings, admin: int | None = None) -> Settings:
    """The people of the local Telegram are not those of the real one: they have a database of their own.

    `admin` is who administers the bot there, if no admins were chosen.
    """
    admins = (admin,) if admin is not None and not settings.admins_chosen else settings.admin_ids
    return settings.model_copy(
        update={
            "admin_ids": admins,
            "database_url": f"sqlite+aiosqlite:///{settings.home / DEMO_DATABASE}",
        }
    )


def _prepare_if_empty(settings: Settings) -> None:
    if not is_prepared(settings):
        say(f"Preparing {settings.home}: data and a quick first model, once.")
        in_child_process(["--quick"])
