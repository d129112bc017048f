"""Faults on command: each kind, whom it strikes and how often, and what PTB's client makes of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter
from telegram.ext import ExtBot

from sandbox import Sandbox

_BROKEN = r"RemoteProtocolError|ReadError"  # as httpx notices it

Call = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
def arm(http: httpx.AsyncClient) -> Call:
    """`await arm("flood", method="send*")`: the armed fault."""

    async def post(kind: str, **fields: Any) -> Any:
        armed = await http.post("/control/faults", json={"kind": kind, **fields})
        assert armed.status_code == 201, armed.text
        return armed.json()

    return post


def texts(sandbox: Sandbox, chat_id: int) -> list[str]:
    return [message.text for message in sandbox.state.messages_of(chat_id)][1:]


async def test_a_flood_asks_to_wait_and_is_over_after_its_times(
    arm: Call, call: Call, ptb: ExtBot[None], sandbox: Sandbox, ada: int
) -> None:
    await arm("flood", seconds=7, times=2)
    refusal = await call("sendMessage", chat_id=ada, text="x")
    assert refusal == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    with pytest.raises(RetryAfter, match="Retry in 0:00:07"):
        await ptb.send_message(ada, "x")
    await ptb.send_message(ada, "y")
    assert texts(sandbox, ada) == ["y"]


@pytest.mark.parametrize(
    ("kind", "fields", "error", "words"),
    [
        ("blocked", {}, Forbidden, "bot was blocked by the user"),
        ("deactivated", {}, Forbidden, "user is deactivated"),
        ("error", {"status": 500}, NetworkError, "Internal Server Error"),
        ("error", {"status": 502}, NetworkError, "Bad Gateway"),
        ("html", {"status": 502}, NetworkError, "Bad Gateway"),
        ("drop_before", {}, NetworkError, _BROKEN),
    ],
)
async def test_a_refused_call_has_no_effect(
    arm: Call,
    ptb: ExtBot[None],
    sandbox: Sandbox,
    ada: int,
    kind: str,
    fields: Any,
    error: type[Exception],
    words: str,
) -> None:
    await arm(kind, **fields)
    with pytest.raises(error, match=words):
        await ptb.send_message(ada, "x")
    assert texts(sandbox, ada) == []
    await ptb.send_message(ada, "y")
    assert texts(sandbox, ada) == ["y"]
    assert [(entry.ok, entry.fault) for entry in sandbox.calls][-2:] == [(False, kind), (True, None)]


async def test_a_page_of_html_may_even_say_200(
    arm: Call, http: httpx.AsyncClient, token: str, ada: int, sandbox: Sandbox
) -> None:
    await arm("html", status=200)
    page = await http.post(f"/bot{token}/sendMessage", json={"chat_id": ada, "text": "x"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.text.startswith("<html>")
    assert texts(sandbox, ada) == []


async def test_a_connection_dropped_too_late_leaves_the_effect(
    arm: Call, ptb: ExtBot[None], sandbox: Sandbox, ada: int
) -> None:
    await arm("drop_after")
    with pytest.raises(NetworkError, match=_BROKEN):
        await ptb.send_message(ada, "x")
    assert texts(sandbox, ada) == ["x"]
    entry = sandbox.calls[-1]
    assert (entry.verdict, entry.ok, entry.error_code) == ("valid", False, 0)
    assert entry.description == "the connection was dropped after the call took effect"


async def test_a_delay_only_delays(arm: Call, ptb: ExtBot[None], sandbox: Sandbox, ada: int) -> None:
    await arm("delay", seconds=0.3)
    slow = asyncio.create_task(ptb.send_message(ada, "slow"))
    await sandbox.changes.wait_for(lambda: sandbox.faults.version > 1 or None, 20)  # armed, then struck
    await ptb.send_message(ada, "fast")
    await slow
    assert texts(sandbox, ada) == ["fast", "slow"]


async def test_a_fault_is_for_a_method_and_a_chat(
    arm: Call, call: Call, ptb: ExtBot[None], sandbox: Sandbox, ada: int, grace: int
) -> None:
    sandbox.people.say(grace, "/start")
    await arm("error", method="EDIT*", chat_id=ada, times=None)
    for chat_id, works in ((grace, True), (ada, False), (ada, False)):
        sent = await ptb.send_message(chat_id, "x")
        edited = await call("editMessageText", chat_id=chat_id, message_id=sent.message_id, text="y")
        assert edited["ok"] is works
    (fault,) = sandbox.faults.armed()
    assert (fault.struck, fault.left) == (2, None)


async def test_a_callback_answer_belongs_to_the_chat_of_its_tap(
    arm: Call, ptb: ExtBot[None], sandbox: Sandbox, ada: int, grace: int
) -> None:
    sandbox.people.say(grace, "/start")
    await arm("error", method="answerCallbackQuery", chat_id=grace)
    queries = {}
    for chat_id in (ada, grace):
        message = await ptb.send_message(chat_id, "x")
        queries[chat_id] = sandbox.queries.tap_data(chat_id, "1", message.message_id).query_id
    assert await ptb.answer_callback_query(queries[ada])
    with pytest.raises(NetworkError):
        await ptb.answer_callback_query(queries[grace])
    assert await ptb.answer_callback_query(queries[grace])


async def test_the_oldest_fault_that_fits_strikes(arm: Call, call: Call) -> None:
    await arm("error", method="sendMessage")
    await arm("flood")
    await arm("blocked")
    codes = [(await call("getMe")).get("error_code") for _ in range(3)]
    assert codes == [429, 403, None]


async def test_an_ill_formed_call_meets_no_fault(arm: Call, call: Call, sandbox: Sandbox) -> None:
    await arm("flood")
    assert (await call("sendMessage", text="x", silent=True))["error_code"] == 400
    assert (await call("sendMesage"))["error_code"] == 404
    assert len(sandbox.faults.armed()) == 1


async def test_faults_are_listed_and_removed(
    arm: Call, http: httpx.AsyncClient, call: Call, ada: int
) -> None:
    first, second = await arm("flood"), await arm("blocked", method="send*", chat_id=ada, times=3)
    assert second == {
        "fault_id": second["fault_id"],
        "kind": "blocked",
        "method": "send*",
        "chat_id": ada,
        "left": 3,
        "seconds": 1.0,
        "status": 502,
        "struck": 0,
    }
    listed = (await http.get("/control/faults")).json()
    assert listed["armed"] == [first, second]
    assert "drop_after" in listed["kinds"]
    removed = await http.delete(f"/control/faults/{first['fault_id']}")
    assert removed.json() == {"removed": [first["fault_id"]]}
    assert (await call("getMe"))["ok"]
    assert (await http.delete("/control/faults")).json() == {"removed": [second["fault_id"]]}
    refusal = await http.delete(f"/control/faults/{first['fault_id']}")
    assert (refusal.status_code, refusal.json()["armed"]) == (404, [])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 400, '"kind" is missing'),
        ({"kind": "plague"}, 400, 'there is no fault "plague"'),
        ({"kind": "flood", "method": ""}, 400, '"method" is a pattern'),
        ({"kind": "flood", "times": 0}, 400, '"times" must be at least 1'),
        ({"kind": "flood", "seconds": 0}, 400, '"seconds" must be above 0'),
        ({"kind": "delay", "seconds": 121}, 400, "at most 120"),
        ({"kind": "error", "status": 200}, 400, '"status" must be 500 to 599'),
        ({"kind": "html", "status": 404}, 400, '"status" must be 500 to 599'),
        ({"kind": "flood", "chat_id": 7}, 404, "there is no chat 7"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, body: Any, status: int, words: str
) -> None:
    refusal = await http.post("/control/faults", json=body)
    assert refusal.status_code == status
    assert words in refusal.json()["error"]


async def test_another_sites_page_arms_and_removes_nothing(http: httpx.AsyncClient) -> None:
    elsewhere = {"origin": "https://example.org"}
    assert (await http.post("/control/faults", json={"kind": "flood"}, headers=elsewhere)).status_code == 403
    assert (await http.delete("/control/faults", headers=elsewhere)).status_code == 403


async def test_updates_expire_and_the_newest_comes_again(
    http: httpx.AsyncClient, ptb: ExtBot[None], sandbox: Sandbox, ada: int
) -> None:
    _, update_id = sandbox.people.say(ada, "lost")
    assert (await http.post("/control/updates/expire")).json() == {"expired": [update_id]}
    assert await ptb.get_updates() == ()
    assert (await http.post("/control/updates/redeliver")).json() == {"redelivered": update_id}
    (update,) = await ptb.get_updates(offset=(update_id or 0) + 1)
    assert update.update_id == update_id


async def test_an_expired_query_cannot_be_answered(
    http: httpx.AsyncClient, ptb: ExtBot[None], sandbox: Sandbox, ada: int
) -> None:
    message = await ptb.send_message(ada, "x")
    query = sandbox.queries.tap_data(ada, "1", message.message_id)
    assert (await http.post("/control/queries/expire")).json() == {"expired": [query.query_id]}
    with pytest.raises(BadRequest, match="uery is too old"):
        await ptb.answer_callback_query(query.query_id)
