"""What is measured is true: updates, calls, the queue, the model."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from telegram.error import RetryAfter, TelegramError

from bot.process.metrics import Metrics, UpdateKind, build_metrics
from bot.telegram.client import Client
from bot.telegram.dispatch import Dispatcher
from bot.telegram.messenger import Messenger
from bot.telegram.processor import Processor
from bot.telegram.reading import kind_of
from bot.telegram.request import Request
from bot.telegram.router import Router
from bot.telegram.screen import Screen
from sandbox import Sandbox
from storage.database import Database
from storage.running.updates import StoredUpdate

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")  # of RetryAfter

Store = Callable[..., Awaitable[StoredUpdate]]


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """One sample; 0 for one that is not there."""
    return metrics.registry.get_sample_value(name, labels) or 0.0


def ended(metrics: Metrics) -> dict[tuple[str, str], float]:
    """How many updates of each kind came to each end."""
    (family,) = metrics.updates.collect()
    found = [each for each in family.samples if each.name.endswith("_total") and each.value]
    return {(each.labels["kind"], each.labels["outcome"]): each.value for each in found}


@pytest.fixture
def processor(
    client: Client,
    database: Database,
    messenger: Messenger,
    metrics: Metrics,
    monkeypatch: pytest.MonkeyPatch,
) -> Processor:
    """Answers every text, and fails at /broken."""
    monkeypatch.setattr("bot.telegram.processor._FIRST_PAUSE", 0.0)
    monkeypatch.setattr("bot.telegram.processor._TRY_FOR", 0.1)

    async def text(request: Request) -> None:
        await request.reply(Screen("heard"))

    async def broken(request: Request) -> None:
        raise ZeroDivisionError

    router = Router(text=text, unknown_command=text)
    router.command("broken", broken)
    return Processor(client, database, messenger, router, metrics)


Arranged = Callable[[Sandbox, int], Any]


@pytest.mark.parametrize(
    ("happens", "fault", "times", "kind", "outcome"),
    [
        (lambda world, ada: world.people.say(ada, "hello"), None, 1, "message", "done"),
        (lambda world, ada: world.people.say(ada, "/anything"), None, 1, "command", "done"),
        (lambda world, ada: world.people.say(ada, "/broken"), None, 1, "command", "failed"),
        (lambda world, ada: world.people.set_blocked(ada, blocked=True), None, 1, "membership", "ignored"),
        (lambda world, ada: world.people.say(ada, "hello"), "drop_after", 3, "message", "unsure"),
        (lambda world, ada: world.people.say(ada, "hello"), "html", None, "message", "given_up"),
    ],
    ids=["answered", "command", "bug", "blocked", "connection lost", "outage"],
)
async def test_how_an_update_ends_is_counted(
    processor: Processor,
    metrics: Metrics,
    sandbox: Sandbox,
    ada: int,
    store: Store,
    happens: Arranged,
    fault: str | None,
    times: int | None,
    kind: str,
    outcome: str,
) -> None:
    happens(sandbox, ada)
    stored = await store(sandbox.updates.pending()[-1])
    if fault is not None:
        sandbox.faults.arm(fault, "sendMessage", times=times)
    await processor.handle(stored)
    assert ended(metrics) == {(kind, outcome): 1}
    answered = outcome in ("done", "failed", "unsure")
    for histogram in ("answer", "handling"):
        assert value(metrics, f"matinee_update_{histogram}_seconds_count", kind=kind) == answered


async def test_answers_are_timed_from_the_row_and_handling_from_the_turn(
    processor: Processor, metrics: Metrics, sandbox: Sandbox, ada: int, store: Store
) -> None:
    sandbox.people.say(ada, "hello")
    stored = await store(sandbox.updates.pending()[-1])
    await processor.handle(replace(stored, received_at=stored.received_at - timedelta(hours=1)))
    answering = value(metrics, "matinee_update_answer_seconds_sum", kind="message")
    handling = value(metrics, "matinee_update_handling_seconds_sum", kind="message")
    assert 3600 <= answering - handling < 3700
    assert handling > 0


async def test_what_is_pending_at_too_many_starts_is_counted(
    processor: Processor, metrics: Metrics, sandbox: Sandbox, ada: int, store: Store
) -> None:
    sandbox.people.say(ada, "hello")
    stored = await store(sandbox.updates.pending()[-1])
    await processor.handle(replace(stored, attempts=21))
    assert ended(metrics) == {("message", "given_up"): 1}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"message": {"text": "/start"}}, "command"),
        ({"message": {"text": "start"}}, "message"),
        ({"message": {"sticker": {}}}, "message"),
        ({"message": {"left_chat_member": {}}}, "membership"),
        ({"my_chat_member": {}}, "membership"),
        ({"callback_query": {"message": {"text": "/start"}}}, "tap"),
        ({"poll_answer": {}}, "vote"),
        ({"message": None}, "other"),
        ({"message": {"text": ["/start"]}}, "message"),
        ({}, "other"),
    ],
)
def test_the_kind_of_an_update_is_one_of_few_whatever_it_holds(body: dict[str, object], kind: str) -> None:
    assert kind_of({"update_id": 1, **body}) == kind
    assert kind in get_args(UpdateKind)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (None, "bad_request"),  # there is no such query
        ("flood", "flood"),
        ("blocked", "forbidden"),
        ("no_rights", "bad_request"),
        ("error", "network"),
        ("html", "network"),
        ("drop_before", "network"),
    ],
)
async def test_a_call_is_counted_by_how_it_ends(
    client: Client, sandbox: Sandbox, metrics: Metrics, fault: str | None, outcome: str
) -> None:
    """By a call that the limiter does not repeat."""
    assert value(metrics, "matinee_telegram_calls_total", method="getMe", outcome="ok") == 1  # the first
    if fault is not None:
        sandbox.faults.arm(fault, "answerCallbackQuery", seconds=7)
    with pytest.raises(TelegramError):
        await client.answer_callback_query("1")
    method = "answerCallbackQuery"
    assert value(metrics, "matinee_telegram_calls_total", method=method, outcome=outcome) == 1
    assert value(metrics, "matinee_telegram_call_seconds_count", method=method) == 1
    floods = 1 if fault == "flood" else 0
    assert value(metrics, "matinee_telegram_flood_wait_seconds_count") == floods
    assert value(metrics, "matinee_telegram_flood_wait_seconds_sum") == 7 * floods


async def test_a_call_that_is_repeated_counts_each_time_and_polls_count_too(
    client: Client, sandbox: Sandbox, metrics: Metrics, ada: int
) -> None:
    sandbox.faults.arm("flood", "sendMessage")
    await client.send_message(ada, "hello")
    for outcome in ("flood", "ok"):
        assert value(metrics, "matinee_telegram_calls_total", method="sendMessage", outcome=outcome) == 1
    sandbox.faults.arm("flood", "getUpdates", seconds=3)
    with pytest.raises(RetryAfter):
        await client.raw_updates(None)
    assert value(metrics, "matinee_telegram_calls_total", method="getUpdates", outcome="flood") == 1
    assert value(metrics, "matinee_telegram_flood_wait_seconds_sum") == 4


async def test_the_queue_holds_what_is_at_work_and_what_waits() -> None:
    metrics, release, began = build_metrics(), asyncio.Event(), datetime.now(UTC) - timedelta(hours=1)

    async def handle(update: StoredUpdate) -> None:
        if update.seq == 2:
            raise ZeroDivisionError
        await release.wait()

    dispatcher = Dispatcher(handle)
    metrics.watch_queue(dispatcher.length, dispatcher.oldest_at)
    assert (value(metrics, "matinee_queue_updates"), value(metrics, "matinee_queue_oldest_seconds")) == (0, 0)
    for seq, chat in ((1, 7), (2, 7), (3, 8), (4, 7)):
        at = began + timedelta(minutes=seq)
        dispatcher.push(StoredUpdate(seq, seq, chat, {}, "received", None, 0, at))
    assert value(metrics, "matinee_queue_updates") == 4
    assert 59 * 60 <= value(metrics, "matinee_queue_oldest_seconds") < 60 * 60
    release.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert (value(metrics, "matinee_queue_updates"), value(metrics, "matinee_queue_oldest_seconds")) == (0, 0)


async def test_what_a_closing_queue_leaves_for_the_next_start_is_not_in_it() -> None:
    async def handle(update: StoredUpdate) -> None:
        await asyncio.Event().wait()

    dispatcher = Dispatcher(handle)
    for seq in (1, 2, 3):
        dispatcher.push(StoredUpdate(seq, seq, 7, {}, "received", None, 0, datetime.now(UTC)))
    await asyncio.sleep(0)
    await dispatcher.close(0.01)
    assert (dispatcher.length(), dispatcher.oldest_at()) == (0, None)


def test_one_version_answers_and_training_is_in_one_phase() -> None:
    metrics = build_metrics()
    assert math.isnan(value(metrics, "matinee_model_age_seconds"))
    for version, hours in (("0001", 5), ("0002", 2)):
        metrics.serving(version, datetime.now(UTC) - timedelta(hours=hours))
    (family,) = metrics.model.collect()
    assert [each.labels for each in family.samples] == [{"version": "0002"}]
    assert 7200 <= value(metrics, "matinee_model_age_seconds") < 7300
    assert abs(datetime.now(UTC).timestamp() - value(metrics, "matinee_model_loaded_timestamp_seconds")) < 60
    for phase, shown in ((None, "idle"), ("snapshot", "snapshot"), ("fit", "fit"), (None, "idle")):
        metrics.training(phase)
        (family,) = metrics.training_phase.collect()
        assert [(each.labels, each.value) for each in family.samples] == [({"phase": shown}, 1.0)]
