"""What Telegram shows of the bot before anybody writes: command menus and descriptions, per language.

An admin's menu has the admin's commands too, in their private chat alone. Telegram keeps a menu until it is
taken away, so whose they are is remembered: one who is no admin any more loses theirs at the next start.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from telegram import Bot, BotCommandScopeAllGroupChats, BotCommandScopeChat
from telegram.error import TelegramError

from bot.admin.panel.views import admin_menu
from bot.help import group_menu, menu
from bot.texts import FALLBACK, languages, translator
from storage.database import Database, facts
from storage.errors import StorageError
from storage.personal import ADMIN_MENUS

log = structlog.get_logger(__name__)


async def introduce(
    bot: Bot, database: Database, admin_ids: Sequence[int], admin_commands: Sequence[str]
) -> None:
    """Set all of it. Nobody waits for it, and what fails is tried at the next start."""
    try:
        for language in languages():
            await _describe(bot, language)
    except TelegramError as error:
        log.warning("the command menu could not be set", cause=str(error))
    try:
        await _seat_admins(bot, database, admin_ids, admin_commands)
    except StorageError as error:
        log.warning("the menus of admins could not be set", cause=str(error))


async def _describe(bot: Bot, language: str) -> None:
    t, code = translator(language), _code(language)
    await bot.set_my_commands(menu(t), language_code=code)
    await bot.set_my_commands(group_menu(t), scope=BotCommandScopeAllGroupChats(), language_code=code)
    await bot.set_my_description(t.plain("bot.description"), language_code=code)
    await bot.set_my_short_description(t.plain("bot.short_description"), language_code=code)


async def _seat_admins(
    bot: Bot, database: Database, admin_ids: Sequence[int], admin_commands: Sequence[str]
) -> None:
    async with database.read() as conn:
        known = await facts.get(conn, ADMIN_MENUS)
    before = [int(each) for each in known] if isinstance(known, list) else []
    async with database.write() as conn:  # before Telegram: it must not keep a menu that nobody knows of
        await facts.put(conn, ADMIN_MENUS, sorted({*before, *admin_ids}))
    kept = set(admin_ids)
    for admin_id in sorted({*before, *admin_ids}):
        try:
            await _seat(bot, admin_id, admin_commands if admin_id in kept else None)
        except TelegramError as error:  # one who never wrote has no chat yet
            log.info("an admin's command menu waits for the next start", admin=admin_id, cause=error.message)
            kept.add(admin_id)
    async with database.write() as conn:
        await facts.put(conn, ADMIN_MENUS, sorted(kept))


async def _seat(bot: Bot, admin_id: int, commands: Sequence[str] | None) -> None:
    """Give somebody an admin's menu, or take it away."""
    scope = BotCommandScopeChat(admin_id)
    for language in languages():
        if commands is None:
            await bot.delete_my_commands(scope=scope, language_code=_code(language))
        else:
            t = translator(language)
            both = [*menu(t), *admin_menu(commands, t)]
            await bot.set_my_commands(both, scope=scope, language_code=_code(language))


def _code(language: str) -> str | None:
    """The fallback serves people without a language of their own."""
    return None if language == FALLBACK else language
