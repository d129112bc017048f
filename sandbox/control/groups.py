"""Endpoints for groups: who is in them, what they forbid, topics, and the upgrade to a supergroup."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.control.inputs import body_of, changing, chat_id_of, field, person_id_of, sandbox_of
from sandbox.control.views import group_view


async def _list_groups(request: Request) -> JSONResponse:
    state = sandbox_of(request).state
    return JSONResponse([group_view(state, chat) for chat in state.groups()])


async def _create_group(request: Request) -> JSONResponse:
    """The creator adds the members, and the bot unless "bot" is false."""
    sandbox, body = sandbox_of(request), await body_of(request)
    creator, members = field(body, "person_id", int), field(body, "members", list, [])
    for person_id in members:
        sandbox.state.person(person_id)
    kind, is_forum = field(body, "type", str, "group"), field(body, "is_forum", bool, False)
    chat = sandbox.groups.add(field(body, "title", str), creator, kind=kind, is_forum=is_forum)
    for person_id in [*members, *([sandbox.bot.person_id] if field(body, "bot", bool, True) else [])]:
        sandbox.groups.set_member(chat.chat_id, person_id, "member", creator)
    return JSONResponse(group_view(sandbox.state, chat), status_code=201)


async def _set_member(request: Request) -> JSONResponse:
    sandbox, chat_id, body = sandbox_of(request), chat_id_of(request), await body_of(request)
    person_id, by = field(body, "person_id", int), field(body, "by", int, None)
    sandbox.groups.set_member(chat_id, person_id, field(body, "status", str, "member"), by)
    return JSONResponse(group_view(sandbox.state, sandbox.state.chats[chat_id]))


async def _set_permissions(request: Request) -> JSONResponse:
    sandbox = sandbox_of(request)
    chat = sandbox.groups.forbid(chat_id_of(request), await body_of(request))
    return JSONResponse(group_view(sandbox.state, chat))


async def _set_limit(request: Request) -> JSONResponse:
    sandbox, most = sandbox_of(request), field(await body_of(request), "sends_per_minute", int, None)
    return JSONResponse(group_view(sandbox.state, sandbox.groups.limit(chat_id_of(request), most)))


async def _upgrade(request: Request) -> JSONResponse:
    sandbox, body = sandbox_of(request), await body_of(request)
    how = {name: field(body, name, bool, False) for name in ("new_first", "is_forum", "joins")}
    new = sandbox.groups.upgrade(chat_id_of(request), **how)
    return JSONResponse(group_view(sandbox.state, new), status_code=201)


async def _open_topic(request: Request) -> JSONResponse:
    chat_id, body = chat_id_of(request), await body_of(request)
    name, person_id = field(body, "name", str), person_id_of(request, body)
    return JSONResponse(asdict(sandbox_of(request).topics.add(chat_id, name, person_id)), status_code=201)


async def _close_topic(request: Request) -> JSONResponse:
    chat_id, body = chat_id_of(request), await body_of(request)
    thread_id, closed = request.path_params["thread_id"], field(body, "closed", bool, True)
    topic = sandbox_of(request).topics.close(chat_id, thread_id, closed, person_id_of(request, body))
    return JSONResponse(asdict(topic))


async def _delete_topic(request: Request) -> JSONResponse:
    thread_id = request.path_params["thread_id"]
    sandbox_of(request).topics.delete(chat_id_of(request), thread_id)
    return JSONResponse({"deleted": thread_id})


_CHAT = "/chats/{chat_id}"

ROUTES = [
    Route("/groups", _list_groups),
    changing("/groups", _create_group),
    changing(f"{_CHAT}/members", _set_member),
    changing(f"{_CHAT}/permissions", _set_permissions),
    changing(f"{_CHAT}/limit", _set_limit),
    changing(f"{_CHAT}/upgrade", _upgrade),
    changing(f"{_CHAT}/topics", _open_topic),
    changing(f"{_CHAT}/topics/{{thread_id:int}}", _close_topic),
    changing(f"{_CHAT}/topics/{{thread_id:int}}", _delete_topic, "DELETE"),
]
