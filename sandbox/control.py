"""The control API: play the people, and read what came back. Its calls are listed in `sandbox`."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.errors import ControlError
from sandbox.grouping import group_routes
from sandbox.reading import person_view, query_view, transcript
from sandbox.records import Query
from sandbox.requests import body_of, changing, chat_of, doer_of, field, query_number, world_of
from sandbox.trouble import trouble_routes
from sandbox.world import Sandbox

_LONGEST_WAIT = 60.0  # seconds
_HEARTBEAT = 15.0  # seconds of silence after which an event stream shows that it lives


async def _about(request: Request) -> JSONResponse:
    bot = world_of(request).bot
    return JSONResponse({"bot_id": bot.person_id, "name": bot.first_name, "username": bot.username})


async def _list_people(request: Request) -> JSONResponse:
    sandbox = world_of(request)
    return JSONResponse([person_view(sandbox, person) for person in sandbox.people.values()])


async def _create_person(request: Request) -> JSONResponse:
    body = await body_of(request)
    name = field(body, "first_name", str).strip()
    if not name:
        raise ControlError(400, "first_name is empty")
    person = world_of(request).add_person(
        name,
        field(body, "person_id", int, None),
        field(body, "last_name", str, None),
        field(body, "username", str, None),
        field(body, "language_code", str, "en"),
    )
    return JSONResponse(person_view(world_of(request), person), status_code=201)


async def read_chat(request: Request) -> JSONResponse:
    """With `after`, waits up to `wait` seconds for a version above it."""
    sandbox, chat_id = world_of(request), chat_of(request)
    after = query_number(request, "after", -1)
    wait = min(query_number(request, "wait", 0), _LONGEST_WAIT)
    limit = query_number(request, "limit", None)
    viewer = query_number(request, "as", None)
    await sandbox.changes.wait_for(lambda: sandbox.chats[chat_id].version > after or None, wait)
    sandbox.close_due_polls()
    return JSONResponse(
        transcript(
            sandbox,
            chat_id,
            None if limit is None else int(limit),
            None if viewer is None else sandbox.person(int(viewer)).person_id,
        )
    )


async def _say(request: Request) -> JSONResponse:
    sandbox, chat_id, body = world_of(request), chat_of(request), await body_of(request)
    message, update_id = sandbox.say(
        doer_of(request, body),
        field(body, "text", str),
        chat_id,
        thread_id=field(body, "thread_id", int, None),
        reply_to=field(body, "reply_to", int, None),
        anonymous=field(body, "anonymous", bool, False),
    )
    return JSONResponse({"message_id": message.message_id, "update_id": update_id}, status_code=201)


async def tap(request: Request) -> JSONResponse:
    """With `wait`, waits so many seconds for the bot's answer."""
    sandbox, chat_id, body = world_of(request), chat_of(request), await body_of(request)
    person_id, message_id = doer_of(request, body), field(body, "message_id", int, None)
    if "data" in body:
        tapped: Query | str = sandbox.tap_data(
            person_id, field(body, "data", str), field(body, "message_id", int), chat_id
        )
    else:
        tapped = sandbox.tap(person_id, field(body, "label", str), message_id, chat_id)
    if isinstance(tapped, str):
        return JSONResponse({"url": tapped}, status_code=201)
    await sandbox.changes.wait_for(lambda: tapped.answer, min(field(body, "wait", float, 0.0), _LONGEST_WAIT))
    return JSONResponse(query_view(sandbox, tapped), status_code=201)


async def _block(request: Request) -> JSONResponse:
    sandbox = world_of(request)
    return JSONResponse(person_view(sandbox, sandbox.set_blocked(_private_of(request), True)))


async def _unblock(request: Request) -> JSONResponse:
    sandbox = world_of(request)
    return JSONResponse(person_view(sandbox, sandbox.set_blocked(_private_of(request), False)))


def _private_of(request: Request) -> int:
    return world_of(request).person(chat_of(request)).person_id


async def _list_queries(request: Request) -> JSONResponse:
    sandbox = world_of(request)
    chat_id = request.query_params.get("chat_id")
    return JSONResponse(
        [query_view(sandbox, q) for q in sandbox.queries.values() if chat_id in (None, str(q.chat_id))]
    )


async def read_query(request: Request) -> JSONResponse:
    """With `wait`, waits so many seconds for the bot's answer."""
    sandbox = world_of(request)
    query = sandbox.queries.get(request.path_params["query_id"])
    if query is None:
        raise ControlError(404, "there is no such query")
    await sandbox.changes.wait_for(lambda: query.answer, min(query_number(request, "wait", 0), _LONGEST_WAIT))
    return JSONResponse(query_view(sandbox, query))


async def _list_updates(request: Request) -> JSONResponse:
    return JSONResponse(world_of(request).updates.describe())


async def _list_calls(request: Request) -> JSONResponse:
    after, method = query_number(request, "after", 0), request.query_params.get("method")
    calls = [c for c in world_of(request).calls if c.number > after and method in (None, c.method)]
    return JSONResponse([asdict(call) for call in calls])


async def send_document(request: Request) -> JSONResponse:
    """The body is the file; its name and caption are in the query."""
    sandbox, query = world_of(request), request.query_params
    person_id, thread_id = query_number(request, "person_id", None), query_number(request, "thread_id", None)
    message, update_id = sandbox.hand_over(
        doer_of(request, {} if person_id is None else {"person_id": int(person_id)}),
        query.get("name", "").strip(),
        await request.body(),
        request.headers.get("content-type"),
        query.get("caption", ""),
        chat_of(request),
        thread_id=None if thread_id is None else int(thread_id),
    )
    return JSONResponse({"message_id": message.message_id, "update_id": update_id}, status_code=201)


async def read_file(request: Request) -> Response:
    """A photo to be shown, anything else to be saved: nothing that was sent can run in the page."""
    files = world_of(request).files
    found = files.get(request.path_params["file_id"])
    if found is None:
        raise ControlError(404, "there is no such file")
    shown = found.kind == "photo"
    disposition = "inline" if shown else f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    headers = {"content-disposition": disposition, "x-content-type-options": "nosniff"}
    media_type = found.mime_type if shown else "application/octet-stream"
    return Response(files.content(found), headers=headers, media_type=media_type)


async def events(request: Request) -> StreamingResponse:
    """Server-sent events: each chat that has changed, all chats at first, and news of calls and faults."""
    return StreamingResponse(
        _events(world_of(request)), media_type="text/event-stream", headers={"cache-control": "no-cache"}
    )


async def _events(sandbox: Sandbox) -> AsyncIterator[str]:
    seen: dict[int | str, int] = {}

    def look() -> dict[int | str, int] | None:
        versions: dict[int | str, int] = {chat.chat_id: chat.version for chat in sandbox.chats.values()}
        versions |= {"calls": sandbox.calls[-1].number if sandbox.calls else 0}
        versions |= {"faults": sandbox.faults.version}
        return {what: version for what, version in versions.items() if seen.get(what) != version} or None

    while not sandbox.changes.closed:
        changed = await sandbox.changes.wait_for(look, _HEARTBEAT)
        if changed is None:
            yield ": still here\n\n"
        for what, version in (changed or {}).items():
            seen[what] = version
            if isinstance(what, str):
                yield f"event: {what}\ndata: {version}\n\n"
            else:
                yield f"data: {json.dumps({'chat_id': what, 'version': version})}\n\n"


async def control_error(request: Request, error: Exception) -> Response:
    """A refusal as JSON: `error` and whatever helps to do it right."""
    if not isinstance(error, ControlError):
        raise error
    return JSONResponse({"error": error.message, **error.details}, status_code=error.status)


control_routes = [
    *trouble_routes,
    *group_routes,
    Route("/bot", _about),
    Route("/people", _list_people),
    changing("/people", _create_person),
    Route("/chats/{chat_id}", read_chat),
    changing("/chats/{chat_id}/messages", _say),
    changing("/chats/{chat_id}/documents", send_document),
    changing("/chats/{chat_id}/taps", tap),
    changing("/chats/{chat_id}/block", _block),
    changing("/chats/{chat_id}/unblock", _unblock),
    Route("/queries", _list_queries),
    Route("/queries/{query_id:str}", read_query),
    Route("/updates", _list_updates),
    Route("/calls", _list_calls),
    Route("/files/{file_id:str}", read_file),
    Route("/events", events),
]
