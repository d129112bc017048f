"""The control API: play the people, and read what came back. Its calls are listed in `bot.sandbox`."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox.errors import ControlError
from bot.sandbox.reading import person_view, query_view, transcript
from bot.sandbox.records import Json, Query
from bot.sandbox.world import Sandbox

__all__ = ["control_error", "control_routes"]

_LONGEST_WAIT = 60.0  # seconds
_REQUIRED = object()
_HEARTBEAT = 15.0  # seconds of silence after which an event stream shows that it lives


async def about(request: Request) -> JSONResponse:
    bot = _world(request).bot
    return JSONResponse({"bot_id": bot.person_id, "name": bot.first_name, "username": bot.username})


async def list_people(request: Request) -> JSONResponse:
    sandbox = _world(request)
    return JSONResponse([person_view(sandbox, person) for person in sandbox.people.values()])


async def create_person(request: Request) -> JSONResponse:
    body = await _body(request)
    name = _field(body, "first_name", str).strip()
    if not name:
        raise ControlError(400, "first_name is empty")
    person = _world(request).add_person(
        name,
        _field(body, "person_id", int, None),
        _field(body, "last_name", str, None),
        _field(body, "username", str, None),
        _field(body, "language_code", str, "en"),
    )
    return JSONResponse(person_view(_world(request), person), status_code=201)


async def read_chat(request: Request) -> JSONResponse:
    """With `after`, waits up to `wait` seconds for a version above it."""
    sandbox, chat_id = _world(request), _chat_id(request)
    after = _query_number(request, "after", -1)
    wait = min(_query_number(request, "wait", 0), _LONGEST_WAIT)
    limit = _query_number(request, "limit", None)
    await sandbox.changes.wait_for(lambda: sandbox.chats[chat_id].version > after or None, wait)
    return JSONResponse(transcript(sandbox, chat_id, None if limit is None else int(limit)))


async def say(request: Request) -> JSONResponse:
    sandbox, chat_id = _world(request), _chat_id(request)
    message, update_id = sandbox.say(chat_id, _field(await _body(request), "text", str))
    return JSONResponse({"message_id": message.message_id, "update_id": update_id}, status_code=201)


async def tap(request: Request) -> JSONResponse:
    """With `wait`, waits so many seconds for the bot's answer."""
    sandbox, chat_id, body = _world(request), _chat_id(request), await _body(request)
    message_id = _field(body, "message_id", int, None)
    if "data" in body:
        tapped: Query | str = sandbox.tap_data(
            chat_id, _field(body, "data", str), _field(body, "message_id", int)
        )
    else:
        tapped = sandbox.tap(chat_id, _field(body, "label", str), message_id)
    if isinstance(tapped, str):
        return JSONResponse({"url": tapped}, status_code=201)
    await sandbox.changes.wait_for(
        lambda: tapped.answer, min(_field(body, "wait", float, 0.0), _LONGEST_WAIT)
    )
    return JSONResponse(query_view(sandbox, tapped), status_code=201)


async def block(request: Request) -> JSONResponse:
    sandbox = _world(request)
    return JSONResponse(person_view(sandbox, sandbox.set_blocked(_chat_id(request), True)))


async def unblock(request: Request) -> JSONResponse:
    sandbox = _world(request)
    return JSONResponse(person_view(sandbox, sandbox.set_blocked(_chat_id(request), False)))


async def list_queries(request: Request) -> JSONResponse:
    sandbox = _world(request)
    chat_id = request.query_params.get("chat_id")
    return JSONResponse(
        [query_view(sandbox, q) for q in sandbox.queries.values() if chat_id in (None, str(q.chat_id))]
    )


async def read_query(request: Request) -> JSONResponse:
    """With `wait`, waits so many seconds for the bot's answer."""
    sandbox = _world(request)
    query = sandbox.queries.get(request.path_params["query_id"])
    if query is None:
        raise ControlError(404, "there is no such query")
    await sandbox.changes.wait_for(
        lambda: query.answer, min(_query_number(request, "wait", 0), _LONGEST_WAIT)
    )
    return JSONResponse(query_view(sandbox, query))


async def expire_queries(request: Request) -> JSONResponse:
    query_id = _field(await _body(request), "query_id", str, None)
    return JSONResponse({"expired": _world(request).expire_queries(query_id)})


async def list_updates(request: Request) -> JSONResponse:
    return JSONResponse(_world(request).updates.describe())


async def redeliver(request: Request) -> JSONResponse:
    if not _world(request).updates.redeliver(request.path_params["update_id"]):
        raise ControlError(404, "there is no such update, or it is too old")
    return JSONResponse({"redelivered": request.path_params["update_id"]})


async def list_calls(request: Request) -> JSONResponse:
    after, method = _query_number(request, "after", 0), request.query_params.get("method")
    calls = [c for c in _world(request).calls if c.number > after and method in (None, c.method)]
    return JSONResponse(json.loads(json.dumps([asdict(call) for call in calls], default=repr)))


async def events(request: Request) -> StreamingResponse:
    """Server-sent events: `{"chat_id", "version"}` of each chat that has changed, all chats at first."""
    return StreamingResponse(
        _events(_world(request)), media_type="text/event-stream", headers={"cache-control": "no-cache"}
    )


async def _events(sandbox: Sandbox) -> AsyncIterator[str]:
    seen: dict[int, int] = {}

    def look() -> dict[int, int] | None:
        return {
            c.chat_id: c.version for c in sandbox.chats.values() if seen.get(c.chat_id) != c.version
        } or None

    while not sandbox.changes.closed:
        changed = await sandbox.changes.wait_for(look, _HEARTBEAT)
        if changed is None:
            yield ": still here\n\n"
        for chat_id, version in (changed or {}).items():
            seen[chat_id] = version
            yield f"data: {json.dumps({'chat_id': chat_id, 'version': version})}\n\n"


async def control_error(request: Request, error: Exception) -> Response:
    """A refusal as JSON: `error` and whatever helps to do it right."""
    if not isinstance(error, ControlError):
        raise error
    return JSONResponse({"error": error.message, **error.details}, status_code=error.status)


def _post(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    """A route that changes the world, and therefore refuses pages of other sites (403)."""

    async def own_page_only(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            raise ControlError(403, "only the local Telegram's own page may do this")
        return await endpoint(request)

    return Route(path, own_page_only, methods=["POST"])


control_routes = [
    Route("/bot", about),
    Route("/people", list_people),
    _post("/people", create_person),
    Route("/chats/{chat_id:int}", read_chat),
    _post("/chats/{chat_id:int}/messages", say),
    _post("/chats/{chat_id:int}/taps", tap),
    _post("/chats/{chat_id:int}/block", block),
    _post("/chats/{chat_id:int}/unblock", unblock),
    Route("/queries", list_queries),
    _post("/queries/expire", expire_queries),
    Route("/queries/{query_id:str}", read_query),
    Route("/updates", list_updates),
    _post("/updates/{update_id:int}/redeliver", redeliver),
    Route("/calls", list_calls),
    Route("/events", events),
]


def _world(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def _chat_id(request: Request) -> int:
    """The chat of the path. Raises ControlError 404 for none."""
    chat_id: int = request.path_params["chat_id"]
    _world(request).person(chat_id)
    return chat_id


async def _body(request: Request) -> Json:
    """The JSON object of a POST; no body is an empty one. Raises ControlError 400 for anything else."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ControlError(400, "the body is not a JSON object")
    return body


def _field(body: Json, name: str, kind: type, default: Any = _REQUIRED) -> Any:
    """A typed field of the body. Raises ControlError 400."""
    value = body.get(name, default)
    if value is _REQUIRED:
        raise ControlError(400, f'"{name}" is missing')
    if value is not default and not isinstance(value, int | float if kind is float else kind):
        raise ControlError(400, f'"{name}" must be of type {kind.__name__}')
    return value


def _query_number(request: Request, name: str, default: Any) -> Any:
    """A number of the query. Raises ControlError 400."""
    try:
        return float(request.query_params[name]) if name in request.query_params else default
    except ValueError:
        raise ControlError(400, f'"{name}" must be a number') from None
