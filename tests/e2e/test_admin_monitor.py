"""/stats, /monitor, the digest and alerts, through the local Telegram; and what strangers see of them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.driving import PATIENCE, TICK, Bot, Message, Person

ZONE = {"MATINEE_TIMEZONE": "UTC", "MATINEE_RETRAIN_AT": "off"}


def restart(bot: Bot, admin: Person, **changes: str) -> None:
    """Start a stopped bot again, administered by this person."""
    bot.start(MATINEE_ADMIN_IDS=str(admin.id), **ZONE, **changes)


def picture(bot: Bot, message: Message) -> bytes:
    """The PNG that a message shows."""
    file = message.raw["file"]
    assert file["kind"] == "photo"
    assert file["width"] > 1000
    content = bot.telegram.http.get(f"{bot.telegram.url}{file['url']}").raise_for_status().content
    assert content.startswith(b"\x89PNG")
    return content


def wait_for(person: Person, words: str) -> Message:
    """The message with these words, once it has come by itself."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [message for message in person.messages() if words in message.text]
        if found:
            (message,) = found
            return message
        assert time.monotonic() < deadline, person.bot.text()
        time.sleep(TICK)


def wait_until(bot: Bot, query: str, rows: list[tuple[object, ...]]) -> None:
    """Wait for what the database says."""
    deadline = time.monotonic() + PATIENCE
    while bot.rows(query) != rows:
        assert time.monotonic() < deadline, bot.text()
        time.sleep(TICK)


def plant(bot: Bot, person: Person, moment: datetime, films: int, times: int) -> None:
    """So many films were recommended to somebody, each so often."""
    bot.change(
        "INSERT INTO exposures (person_id, film_id, surface, shown_at) "
        "SELECT people.id, films.id, 'recommend', people.created_at FROM people, "
        f"(SELECT id FROM films ORDER BY id LIMIT {films}) AS films, "
        f"(SELECT id FROM films LIMIT {times}) AS times "
        "WHERE people.telegram_id = ?",
        person.id,
    )
    stored = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")  # as both databases read it
    bot.change(
        f"UPDATE exposures SET shown_at = '{stored}' WHERE shown_at IN (SELECT created_at FROM people)"
    )


def last_monday() -> datetime:
    """When the last week began that has ended."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday() + 7)


@pytest.fixture
def admin(own_bot: Bot) -> Person:
    return own_bot.person("Ada")


def test_an_admin_sees_true_figures_and_a_stranger_an_unknown_command(
    own_bot: Bot, admin: Person, tmp_path: Path
) -> None:
    stranger = own_bot.person("Mallory")
    unknown = stranger.send("/no_such_command").text
    own_bot.stop()
    restart(own_bot, admin)
    listed = admin.join(5, 4, 3, 2, 1)
    assert len(listed.films) == 5
    for name in ("Grace", "Joan"):
        own_bot.person(name).send("/start")
    for command in ("/stats", "/monitor", "/monitor now"):
        assert stranger.send(command).text == unknown
    stats = admin.send("/stats")
    assert "4 people\nActive in 1, 7, 30 days: 1 · 1 · 1" in stats.text
    assert "5 ratings\nToday, in 7 days, in 30: 5 · 5 · 5" in stats.text
    assert "4 started · 0 told genres or shelves" in stats.text
    assert re.search(r"last day: median \d+ ms, 95 % within [\d.]+ m?s \(\d+ updates\)", stats.text)
    (tmp_path / "stats.png").write_bytes(picture(own_bot, stats))
    monitor = admin.send("/monitor")
    catalog = own_bot.rows("SELECT count(*) FROM films")[0][0]
    assert f"Gini of exposure: {1 - 5 / catalog:.3f}" in monitor.text
    assert f"Catalog shown to somebody: {500 / catalog:.1f} %" in monitor.text
    assert "Ratings by the most active 1 %: 100.0 %" in monitor.text
    assert "Recommended and taken to: –" in monitor.text
    assert "Films were shown 5 times" in monitor.text
    assert "There is no earlier week yet to compare with." in monitor.text
    assert monitor.raw["file"] is None  # the picture does not hold up what comes next
    (tmp_path / "monitor.png").write_bytes(picture(own_bot, wait_for(admin, "Week by week, up to now.")))


def test_a_group_and_a_deep_link_know_no_admin(own_bot: Bot, admin: Person) -> None:
    admin.send("/start")
    own_bot.stop()
    restart(own_bot, admin)
    group = own_bot.group("Friends", admin, own_bot.person("Grace"))
    for command in ("/stats", "/monitor"):
        assert group[admin].say(command) == []
    username = own_bot.telegram.get("/bot")["username"]
    for command in ("stats", "monitor"):
        welcome = admin.follow(f"https://t.me/{username}?start={command}")
        assert not [message for message in welcome if message.raw["file"]]


def test_the_digest_of_a_week_comes_once_whatever_happens(own_bot: Bot, admin: Person) -> None:
    admin.send("/start")
    own_bot.stop()
    monday = last_monday()
    plant(own_bot, admin, monday - timedelta(days=1), films=10, times=1)
    plant(own_bot, admin, monday + timedelta(days=3), films=4, times=3)
    restart(own_bot, admin)
    week = "{}-W{:02d}".format(*monday.isocalendar())
    digest = wait_for(admin, f"What was recommended in week {week}")
    catalog = own_bot.rows("SELECT count(*) FROM films")[0][0]
    assert f"Catalog shown to somebody: {400 / catalog:.1f} % * · {1000 / catalog:.1f} %" in digest.text
    assert "Films were shown 12 times" in digest.text
    picture(own_bot, digest)
    wait_until(own_bot, "SELECT kind, state FROM notices", [("digest", "done")])
    own_bot.kill()
    restart(own_bot, admin)
    assert own_bot.rows("SELECT kind, state FROM notices") == [("digest", "done")]
    now = admin.send("/monitor")
    assert f"Each figure, then what it was in {week}" in now.text
    assert (
        len([message for message in admin.messages() if week in message.text and message.id != now.id]) == 1
    )


def test_an_alert_comes_when_a_bound_is_passed(own_bot: Bot, admin: Person) -> None:
    admin.send("/start")
    own_bot.stop()
    plant(own_bot, admin, datetime.now(UTC) - timedelta(hours=3), films=2, times=600)
    restart(own_bot, admin, MATINEE_ALERTS="gini>0.99,coverage<0.0001")
    alert = wait_for(admin, "above the bound of 0.990")
    catalog = own_bot.rows("SELECT count(*) FROM films")[0][0]
    assert alert.text.startswith(f"⚠️ Gini of exposure is {1 - 2 / catalog:.3f} over the last 7 days")
    assert own_bot.rows("SELECT count(*) FROM notices WHERE kind = 'alert'") == [(1,)]
