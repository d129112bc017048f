"""What Prometheus reads of a running bot, after people talked to it on a good and on a bad day."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.driving import PATIENCE, TOKEN, Bot
from tests.e2e.test_operations import health

Labels = frozenset[tuple[str, str]]


class Scraped:
    """What one answer of /metrics says."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples of a name that have these labels."""
        wanted = frozenset(labels.items())
        return sum(value for (each, has), value in self.samples.items() if each == name and wanted <= has)

    def values(self, label: str) -> set[str]:
        """Every value of a label."""
        return {value for _, labels in self.samples for name, value in labels if name == label}


@pytest.fixture
def watched(own_bot: Bot) -> Iterator[tuple[Bot, httpx.Client]]:
    """A bot that can be asked."""
    assert own_bot.stop() == 0
    own_bot.start(MATINEE_HTTP_PORT="0")
    with health(own_bot) as http:
        yield own_bot, http


def scrape(http: httpx.Client) -> Scraped:
    return Scraped(http.get("/metrics").raise_for_status().text)


def at_rest(bot: Bot, http: httpx.Client) -> Scraped:
    """What is measured once everything is answered: a row is done a moment before it is counted."""
    bot.settle()
    deadline = time.monotonic() + PATIENCE
    while (found := scrape(http))("matinee_queue_updates"):
        assert time.monotonic() < deadline, found.text
    return found


def test_a_conversation_is_counted_and_timed(watched: tuple[Bot, httpx.Client]) -> None:
    bot, http = watched
    calls = len(bot.telegram.get("/calls"))
    before = scrape(http)
    assert before("matinee_updates_total") == 0
    ada, grace = bot.person("Ada", last_name="Lovelace-Byron"), bot.person("Grace")
    ada.join(5, 4, 3, 2, 1)
    ada.send("/recommend")
    ada.say("more like heat")
    ada.send("/flummox")
    grace.begin()
    group = bot.group("Friday", ada, grace)
    group[ada].say("nothing that is for the bot")
    group[ada].send("/night")
    group[grace].tap("Join")
    group[ada].tap("Start poll")
    group[grace].vote(group.poll().options[0])
    ada.block()
    found = at_rest(bot, http)

    rows = bot.rows("SELECT state, count(*) FROM updates GROUP BY state")
    finished = found("matinee_updates_total")
    assert rows == [("done", finished)]
    done = {kind: found("matinee_updates_total", kind=kind, outcome="done") for kind in found.values("kind")}
    assert done["vote"] == 1
    assert done["message"] == 1  # more like heat
    assert done["command"] == 5  # /start twice, /recommend, /flummox, /night
    assert done["tap"] == len(bot.telegram.get("/queries")) > 0
    ignored = found("matinee_updates_total", outcome="ignored")
    assert ignored >= 2  # talk in the group, and Ada's block
    assert sum(done.values()) + ignored == finished
    for kind, number in done.items():
        assert found("matinee_update_answer_seconds_count", kind=kind) == number
        assert found("matinee_update_handling_seconds_count", kind=kind) == number
    assert found("matinee_queue_updates") == found("matinee_queue_oldest_seconds") == 0

    made = Counter(call["method"] for call in bot.telegram.get("/calls", after=calls) if call["ok"])
    for method in ("sendMessage", "editMessageText", "answerCallbackQuery", "sendPoll"):
        measured = found("matinee_telegram_calls_total", method=method, outcome="ok")
        assert measured == made[method] > 0, method
        assert found("matinee_telegram_call_seconds_count", method=method) >= measured
    assert found("matinee_telegram_flood_wait_seconds_count") == 0

    assert found("matinee_ranking_seconds_count", asked="recommend") >= 1
    assert found("matinee_ranking_seconds_count", asked="similar") == 1
    assert found("matinee_ranking_seconds_count", asked="group") >= 1
    assert found("matinee_fold_in_seconds_count") >= 3
    assert found("matinee_model_info", version="1") == 1
    written = (bot.home / "models" / "0001" / "manifest.json").stat().st_mtime
    assert abs(time.time() - written - found("matinee_model_age_seconds")) < PATIENCE
    assert found("matinee_training_phase", phase="idle") == 1
    assert found("process_resident_memory_bytes") > 2**20

    private = [TOKEN.partition(":")[2], "Lovelace", "flummox", "heat", "Friday", str(ada.id), str(group.id)]
    assert [word for word in private if word in found.text] == []


@pytest.mark.check
def test_bad_days_are_counted(watched: tuple[Bot, httpx.Client]) -> None:
    bot, http = watched
    ada = bot.person("Ada")
    card = ada.begin()
    bot.expect(
        "Too Many Requests: retry after 2", "Bad Gateway", "bot was blocked by the user", "took effect"
    )
    bot.telegram.post("/faults", kind="flood", method="editMessageText", seconds=2)
    ada.tap("4★", card)
    for fault, times in (("error", 2), ("drop_after", 3), ("blocked", 1)):
        bot.telegram.post("/faults", kind=fault, method="sendMessage", times=times)
        ada.say("/help")
    found = at_rest(bot, http)
    assert found("matinee_telegram_calls_total", method="editMessageText", outcome="flood") == 1
    assert found("matinee_telegram_flood_wait_seconds_count") == 1
    assert found("matinee_telegram_flood_wait_seconds_sum") == 2
    assert found("matinee_telegram_calls_total", method="sendMessage", outcome="network") == 5
    assert found("matinee_telegram_calls_total", method="sendMessage", outcome="forbidden") == 1
    assert found("matinee_updates_total", kind="command", outcome="unsure") == 1
    assert found("matinee_updates_total", outcome="failed") == 0
    assert found("matinee_update_answer_seconds_sum", kind="tap") > 2  # the flood wait is in it
    bot.forget_troubles()


def test_who_waits_is_in_the_queue_and_what_failed_is_told(watched: tuple[Bot, httpx.Client]) -> None:
    bot, http = watched
    ada, grace = bot.person("Ada"), bot.person("Grace")
    for person in (ada, grace):
        person.begin()
    bot.telegram.post("/faults", kind="delay", method="sendMessage", seconds=3, chat_id=ada.id)
    ada.write("/help")
    ada.write("/help")
    deadline = time.monotonic() + PATIENCE
    while (found := scrape(http))("matinee_queue_updates") < 2:
        assert time.monotonic() < deadline
    assert found("matinee_queue_updates") == 2
    assert 0 < found("matinee_queue_oldest_seconds") < PATIENCE
    assert at_rest(bot, http)("matinee_queue_oldest_seconds") == 0
    bot.telegram.on_loop(lambda: bot.telegram.world.updates.add("message", {"text": "neither chat nor date"}))
    assert at_rest(bot, http)("matinee_updates_total", kind="message", outcome="failed") == 1
    bot.forget_troubles()
