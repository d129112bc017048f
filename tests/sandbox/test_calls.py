"""The Bot API's endpoint: the ways to pass parameters, the refusals, and the log of calls."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from sandbox import Sandbox

Call = Callable[..., Coroutine[Any, Any, Any]]


async def test_query_form_multipart_and_json_are_all_understood(
    http: httpx.AsyncClient, token: str, ada: int, sandbox: Sandbox
) -> None:
    path = f"/bot{token}/sendMessage"
    params = {"chat_id": str(ada), "text": "a+b & ★"}
    parts: dict[str, Any] = {name: (None, value) for name, value in params.items()}
    responses = [
        await http.get(path, params=params),
        await http.post(path, params=params),
        await http.post(path, data=params),
        await http.post(path, files=parts),
        await http.post(path, json=params | {"chat_id": ada}),
        await http.post(path.replace("sendMessage", "SENDMESSAGE"), data=params),
    ]
    assert [response.status_code for response in responses] == [200] * 6
    assert [message.text for message in sandbox.state.messages_of(ada)][1:] == ["a+b & ★"] * 6


async def test_a_wrong_token_is_unauthorized_and_leaves_no_trace(
    http: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    response = await http.post("/bot1:wrong/getMe")
    assert response.status_code == 401
    assert response.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert not sandbox.calls


async def test_an_unknown_method_is_not_found(http: httpx.AsyncClient, token: str) -> None:
    response = await http.post(f"/bot{token}/sendMesage")
    assert (response.status_code, response.json()["description"]) == (404, "Not Found")


async def test_a_method_that_is_not_here_yet_says_so(call: Call, ada: int) -> None:
    refusal = await call("sendDice", chat_id=ada)
    assert refusal == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: the method sendDice is not supported by the local Telegram yet",
    }


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"chat_id", "application/x-www-form-urlencoded"),
        (b"--x--", "multipart/form-data"),
        (b"--x\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x"),
    ],
)
async def test_an_unreadable_body_is_a_bad_request(
    http: httpx.AsyncClient, token: str, body: bytes, content_type: str
) -> None:
    headers = {"content-type": content_type}
    response = await http.post(f"/bot{token}/getMe", content=body, headers=headers)
    assert response.status_code == 400
    assert response.json()["description"].startswith("Bad Request: can't read the body")


async def test_the_log_shows_what_was_called_and_what_the_check_said(
    call: Call, http: httpx.AsyncClient, token: str, ada: int
) -> None:
    await call("sendMessage", chat_id=ada, text="hello")
    await call("sendMessage", chat_id=1, text="hello")
    await call("sendMessage", chat_id=ada, text="hello", silent=True)
    await call("sendMesage")
    log = (await http.get("/control/calls")).json()
    assert [(entry["method"], entry["verdict"], entry["ok"]) for entry in log] == [
        ("sendMessage", "valid", True),
        ("sendMessage", "valid", False),
        ("sendMessage", 'unknown parameter "silent" (Telegram would ignore it)', False),
        ("sendMesage", "unknown method", False),
    ]
    assert log[0]["params"] == {"chat_id": ada, "text": "hello"}
    assert (log[1]["error_code"], log[1]["description"]) == (400, "Bad Request: chat not found")
    assert token not in (await http.get("/control/calls")).text
    newer = (
        await http.get("/control/calls", params={"after": log[0]["number"], "method": "sendMessage"})
    ).json()
    assert newer == log[1:3]
