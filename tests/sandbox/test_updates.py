"""The update queue: redelivery until an offset confirms, long polls, conflicts."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from telegram.error import Conflict
from telegram.ext import ExtBot

from sandbox import Sandbox

Call = Callable[..., Coroutine[Any, Any, Any]]
Waiting = Callable[[int], Awaitable[None]]


def texts(envelope: Any) -> list[str]:
    return [update["message"]["text"] for update in envelope["result"]]


async def test_updates_come_again_until_they_are_confirmed(call: Call, sandbox: Sandbox, ada: int) -> None:
    for text in ("one", "two", "three"):
        sandbox.people.say(ada, text)
    first = await call("getUpdates")
    assert texts(first) == ["one", "two", "three"]
    assert await call("getUpdates") == first
    ids = [update["update_id"] for update in first["result"]]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
    assert texts(await call("getUpdates", offset=ids[1])) == ["two", "three"]
    assert texts(await call("getUpdates")) == ["two", "three"]
    assert texts(await call("getUpdates", offset=ids[0], limit=1)) == ["two"]
    assert texts(await call("getUpdates", offset=ids[2] + 1)) == []
    assert sandbox.updates.pending() == []


async def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(
    call: Call, sandbox: Sandbox, ada: int
) -> None:
    for text in ("one", "two", "three"):
        sandbox.people.say(ada, text)
    assert texts(await call("getUpdates", offset=-2)) == ["two", "three"]
    assert texts(await call("getUpdates")) == ["two", "three"]
    assert texts(await call("getUpdates", offset=-5)) == ["two", "three"]


async def test_an_offset_far_ahead_does_not_swallow_what_comes(
    call: Call, sandbox: Sandbox, ada: int
) -> None:
    await call("getUpdates", offset=2**40)
    sandbox.people.say(ada, "later")
    assert texts(await call("getUpdates")) == ["later"]


async def test_a_long_poll_ends_with_the_first_update(
    call: Call, sandbox: Sandbox, ada: int, waiting: Waiting
) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=50))
    await waiting(1)
    sandbox.people.say(ada, "now")
    assert texts(await poll) == ["now"]


async def test_the_older_of_two_polls_gets_a_conflict(
    ptb: ExtBot[None], call: Call, sandbox: Sandbox, ada: int, waiting: Waiting
) -> None:
    older = asyncio.create_task(ptb.get_updates(timeout=50))
    await waiting(1)
    newer = asyncio.create_task(call("getUpdates", timeout=50))
    with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot"):
        await older
    sandbox.people.say(ada, "for the newer one")
    assert texts(await newer) == ["for the newer one"]


async def test_allowed_updates_are_remembered(call: Call, sandbox: Sandbox, ada: int) -> None:
    sandbox.people.say(ada, "queued before")
    await call("getUpdates", allowed_updates=["my_chat_member"])
    sandbox.people.say(ada, "not wanted")
    sandbox.people.set_blocked(ada, True)
    kinds = [set(update) - {"update_id"} for update in (await call("getUpdates"))["result"]]
    assert kinds == [{"message"}, {"my_chat_member"}]
    assert (await call("getWebhookInfo"))["result"]["allowed_updates"] == ["my_chat_member"]
    await call("getUpdates", allowed_updates=[])
    sandbox.people.set_blocked(ada, False)
    sandbox.people.say(ada, "wanted again")
    assert (await call("getUpdates"))["result"][-1]["message"]["text"] == "wanted again"


async def test_a_redelivered_update_comes_once_more_whatever_the_offset(
    call: Call, sandbox: Sandbox, ada: int
) -> None:
    _, old = sandbox.people.say(ada, "old")
    _, new = sandbox.people.say(ada, "new")
    assert old is not None
    assert new is not None
    await call("getUpdates", offset=new)
    assert sandbox.updates.redeliver(old)
    again = await call("getUpdates", offset=new)
    assert [update["update_id"] for update in again["result"]] == [old, new]
    assert texts(await call("getUpdates", offset=new)) == ["new"]
    assert not sandbox.updates.redeliver(old - 1000)


async def test_the_queue_itself_wakes_a_poll(sandbox: Sandbox, waiting: Waiting) -> None:
    poll = asyncio.create_task(sandbox.updates.poll(0, 100, 50))
    await waiting(1)
    update_id = sandbox.updates.add("message", {})
    assert await poll == [{"update_id": update_id, "message": {}}]


async def test_a_poll_whose_client_was_killed_takes_nothing(
    url: str, token: str, call: Call, sandbox: Sandbox, ada: int, waiting: Waiting
) -> None:
    _, update_id = sandbox.people.say(ada, "once more")
    assert update_id is not None
    sandbox.updates.drop_pending()
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(f"GET /bot{token}/getUpdates?timeout=50 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await waiting(1)
    writer.close()
    await waiting(0)
    sandbox.updates.redeliver(update_id)
    assert texts(await call("getUpdates")) == ["once more"]
    assert [(entry.error_code, entry.verdict) for entry in sandbox.calls] == [(499, "valid"), (None, "valid")]


async def test_webhook_calls_are_honest(call: Call, sandbox: Sandbox, ada: int) -> None:
    sandbox.people.say(ada, "waiting")
    info = (await call("getWebhookInfo"))["result"]
    assert info == {"url": "", "has_custom_certificate": False, "pending_update_count": 1}
    refusal = await call("setWebhook", url="https://example.org/hook")
    assert refusal["description"] == "Bad Request: a webhook is not supported by the local Telegram yet"
    assert (await call("setWebhook", url=""))["ok"]
    assert (await call("deleteWebhook"))["ok"]
    assert texts(await call("getUpdates")) == ["waiting"]
    assert (await call("deleteWebhook", drop_pending_updates=True))["ok"]
    assert texts(await call("getUpdates")) == []


def test_a_fresh_world_does_not_repeat_the_ids_of_an_older_one(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    ids = []
    for age in (10.0, 0.0):
        monkeypatch.setattr(time, "time", lambda age=age: now - age)
        world = Sandbox(token)
        ids += [world.people.say(806_132_947, str(n))[1] for n in range(500)]
        world.close()
    assert len(set(ids)) == 1000
    assert all(number is not None and 0 < number < 2**31 for number in ids)
