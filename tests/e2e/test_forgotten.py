"""After /forgetme, while the bot runs: no file, no row and no message that the bot can edit has the name."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest

from tests.e2e.administering import AdminBot
from tests.e2e.driving import Bot, Group, Message, Person

DATABASES = ["sqlite", "postgresql"]
FIRST, LAST, NICK, BIO = "Zebulonia", "Quxworthy", "zebquxnick", "Wobblefrotz"
NAMES = (FIRST, LAST, NICK, BIO)


def traces(bot: Bot, *numbers: int) -> list[str]:
    """Where a name or a number is still to be found, in the home and in rows."""
    words = [*NAMES, *map(str, numbers)]
    files = [file for file in bot.home.rglob("*") if file.is_file() and "backups" not in file.parts]
    forms = [(word, word.encode(code)) for word in words for code in ("utf-8", "utf-16-le", "utf-16-be")]
    forms += [(str(number), number.to_bytes(6, "big")) for number in numbers]  # as SQLite keeps it
    found = [
        f"{word} in {file.name}"
        for file in files
        for content in [file.read_bytes()]
        for word, form in forms
        # models are compressed noise to six bytes of a number
        if form in content and (len(form) > 6 or file.name.startswith("matinee.db"))
    ]
    return found + [f"{word} in {table}: {row}" for table, row in rows(bot) for word in words if word in row]


def rows(bot: Bot) -> list[tuple[str, str]]:
    """Every row of every table, as text."""
    if (bot.home / "matinee.db").exists():
        names = bot.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        names = bot.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return [(name, str(row)) for (name,) in names for row in bot.rows(f'SELECT * FROM "{name}"')]


def shown(*chats: Group | Person) -> str:
    """All that the bot has said in these chats, as it is by now."""
    said = [m for chat in chats for m in chat.messages() if m.raw["from"] == "bot"]
    return "\n".join(message.text + str(message.raw["keyboard"]) for message in said)


def decided(bot: Bot, zeb: Person, grace: Person) -> tuple[Group, Message]:
    """A group in which Zebulonia voted in a poll that ended in "None of these", and in one that decided; the
    group, and the result of the second."""
    group = bot.group("Zeds", grace, zeb)
    group[grace].say("/night")
    group[zeb].tap("Join")
    for _ in range(2):
        group[grace].tap("Start poll")
        choice = group.poll().options[-1 if len(group.polls()) == 1 else 0]
        for person in (grace, zeb):
            group[person].vote(choice)
        group[grace].tap("Close now")
    assert shown(group).count(FIRST) >= 3  # two results and the board
    return group, group.last()


def unreadable(bot: Bot, zeb: Person) -> None:
    """An update that breaks what reads it, and one in a group that does; both name her."""
    user: dict[str, Any] = {"id": zeb.id, "is_bot": False, "first_name": FIRST, "username": NICK}
    for chat in ({"id": zeb.id, "type": "private", "first_name": FIRST}, {"id": FIRST}):
        body = {"message_id": 10**6, "date": f"{BIO} of {LAST}", "from": user, "chat": chat, "text": BIO}
        bot.telegram.on_loop(partial(bot.telegram.world.updates.add, "message", body))
    bot.settle()
    assert bot.rows("SELECT error FROM updates WHERE state = 'failed' AND error IS NOT NULL")
    bot.forget_troubles()


def test_nothing_is_left_of_a_name(admin_bot: AdminBot) -> None:
    bot = admin_bot.bot
    zeb = bot.person(FIRST, last_name=LAST, username=NICK)
    grace = bot.person("Grace")
    admin_bot.start(zeb)
    zeb.send("/admin")
    assert "admin" in str(zeb.transcript()["commands"])
    zeb.say("/retrain")
    admin_bot.until(lambda: any("Training 1" in message.text for message in zeb.messages()))
    (followed,) = bot.rows("SELECT chat_id FROM jobs")
    assert followed == (zeb.id,)
    zeb.join(5, 4, 5, 3, 4)
    grace.join(3, 5, 2, 5, 4)
    zeb.say(f"{BIO} by {FIRST} {LAST}")
    zeb.send(f"/history {BIO}")
    unreadable(bot, zeb)
    group, result = decided(bot, zeb, grace)
    group[zeb].say("/night")
    assert FIRST in group.last().text
    assert zeb.send("/mydata").raw["file"]
    if (bot.home / "matinee.db").exists():
        assert any(trace.endswith("matinee.db-wal") for trace in traces(bot))

    question = zeb.send("/forgetme")
    zeb.tap("Delete everything", question)
    assert zeb.again(question).text.startswith("Everything about you is deleted.")
    admin_bot.until(lambda: not bot.rows("SELECT * FROM settings WHERE key = 'forgotten'"))
    bot.settle()
    assert traces(bot, zeb.id) == []
    assert not any(name in shown(group) for name in NAMES)
    assert "Grace" in group.again(result).text
    assert not any(name in bot.text() for name in NAMES)
    assert "admin" not in str(zeb.transcript()["commands"])

    # What comes after it is from somebody new.
    assert zeb.send("/history").text.startswith("You have not rated anything yet.")
    (met,) = bot.rows("SELECT count(*) FROM people WHERE telegram_id = ?", zeb.id)
    assert met == (1,)


@pytest.mark.check
def test_a_killed_process_leaves_the_rest_to_the_next(own_bot: Bot) -> None:
    """Killed right after the rows went: the next start shows boards anew, and takes the WAL away."""
    bot, zeb, grace = own_bot, own_bot.person(FIRST, last_name=LAST, username=NICK), own_bot.person("Grace")
    zeb.join(5, 4, 5, 3, 4)
    grace.join(3, 5, 2, 5, 4)
    group, _ = decided(bot, zeb, grace)
    question = zeb.send("/forgetme")
    zeb.press("Delete everything", question)
    deadline = time.monotonic() + 30
    while bot.rows("SELECT * FROM people WHERE telegram_id = ?", zeb.id):
        assert time.monotonic() < deadline
    bot.kill()
    bot.start()
    bot.settle()
    while bot.rows("SELECT * FROM settings WHERE key = 'forgotten'"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert traces(bot, zeb.id) == []
    assert not any(name in shown(group) for name in NAMES)
    assert zeb.last().text.startswith("Everything about you is deleted.")
