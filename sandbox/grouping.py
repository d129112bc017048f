"""The part of the control API that is about groups: who is in them, topics, votes, upgrades, links."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.errors import ControlError
from sandbox.reading import group_view, poll_view
from sandbox.requests import body_of, changing, chat_of, doer_of, field, world_of


async def _list_groups(request: Request) -> JSONResponse:
    sandbox = world_of(request)
    return JSONResponse([group_view(sandbox, chat) for chat in sandbox.groups()])


async def create_group(request: Request) -> JSONResponse:
    """The creator adds the members, and the bot unless "bot" is false."""
    sandbox, body = world_of(request), await body_of(request)
    creator, members = field(body, "person_id", int), field(body, "members", list, [])
    for person_id in members:
        sandbox.person(person_id)
    chat = sandbox.add_group(
        field(body, "title", str),
        creator,
        kind=field(body, "type", str, "group"),
        is_forum=field(body, "is_forum", bool, False),
    )
    for person_id in members:
        sandbox.set_member(chat.chat_id, person_id, "member", creator)
    if field(body, "bot", bool, True):
        sandbox.set_member(chat.chat_id, sandbox.bot.person_id, "member", creator)
    return JSONResponse(group_view(sandbox, chat), status_code=201)


async def _set_member(request: Request) -> JSONResponse:
    sandbox, chat_id, body = world_of(request), chat_of(request), await body_of(request)
    sandbox.set_member(
        chat_id,
        field(body, "person_id", int),
        field(body, "status", str, "member"),
        field(body, "by", int, None),
    )
    return JSONResponse(group_view(sandbox, sandbox.chats[chat_id]))


async def _set_permissions(request: Request) -> JSONResponse:
    sandbox = world_of(request)
    return JSONResponse(group_view(sandbox, sandbox.forbid(chat_of(request), await body_of(request))))


async def _set_limit(request: Request) -> JSONResponse:
    most = field(await body_of(request), "sends_per_minute", int, None)
    return JSONResponse(group_view(world_of(request), world_of(request).limit(chat_of(request), most)))


async def _upgrade(request: Request) -> JSONResponse:
    sandbox, body = world_of(request), await body_of(request)
    new = sandbox.upgrade(
        chat_of(request),
        new_first=field(body, "new_first", bool, False),
        is_forum=field(body, "is_forum", bool, False),
        joins=field(body, "joins", bool, False),
    )
    return JSONResponse(group_view(sandbox, new), status_code=201)


async def _open_topic(request: Request) -> JSONResponse:
    body = await body_of(request)
    topic = world_of(request).add_topic(chat_of(request), field(body, "name", str), doer_of(request, body))
    return JSONResponse(asdict(topic), status_code=201)


async def _close_topic(request: Request) -> JSONResponse:
    body = await body_of(request)
    topic = world_of(request).close_topic(
        chat_of(request),
        request.path_params["thread_id"],
        field(body, "closed", bool, True),
        doer_of(request, body),
    )
    return JSONResponse(asdict(topic))


async def _delete_topic(request: Request) -> JSONResponse:
    world_of(request).delete_topic(chat_of(request), request.path_params["thread_id"])
    return JSONResponse({"deleted": request.path_params["thread_id"]})


async def delete_message(request: Request) -> JSONResponse:
    """A message goes, as if an administrator took it away: nobody tells the bot."""
    sandbox, place = world_of(request), (chat_of(request), request.path_params["message_id"])
    if place not in sandbox.messages:
        raise ControlError(404, f"there is no message {place[1]} in this chat")
    sandbox.delete_message(sandbox.messages[place])
    return JSONResponse({"deleted": place[1]})


async def _vote(request: Request) -> JSONResponse:
    sandbox, body = world_of(request), await body_of(request)
    person_id = doer_of(request, body)
    options = [str(text) for text in field(body, "options", list)]
    poll = sandbox.vote(chat_of(request), person_id, options, field(body, "message_id", int, None))
    return JSONResponse(poll_view(sandbox, poll, person_id), status_code=201)


async def _end_poll(request: Request) -> JSONResponse:
    sandbox, message_id = world_of(request), field(await body_of(request), "message_id", int, None)
    poll = sandbox.poll_of(chat_of(request), message_id)
    if poll.is_closed:
        raise ControlError(409, "the poll is closed")
    sandbox.close_poll(poll)
    return JSONResponse(poll_view(sandbox, poll))


async def _follow(request: Request) -> JSONResponse:
    sandbox, body = world_of(request), await body_of(request)
    person_id = sandbox.person(request.path_params["person_id"]).person_id
    message, update_id = sandbox.follow(person_id, field(body, "url", str), field(body, "chat_id", int, None))
    return JSONResponse(
        {"chat_id": message.chat_id, "message_id": message.message_id, "update_id": update_id},
        status_code=201,
    )


_CHAT = "/chats/{chat_id}"

group_routes = [
    Route("/groups", _list_groups),
    changing("/groups", create_group),
    changing(f"{_CHAT}/members", _set_member),
    changing(f"{_CHAT}/permissions", _set_permissions),
    changing(f"{_CHAT}/limit", _set_limit),
    changing(f"{_CHAT}/upgrade", _upgrade),
    changing(f"{_CHAT}/topics", _open_topic),
    changing(f"{_CHAT}/topics/{{thread_id:int}}", _close_topic),
    changing(f"{_CHAT}/topics/{{thread_id:int}}", _delete_topic, "DELETE"),
    changing(f"{_CHAT}/messages/{{message_id:int}}", delete_message, "DELETE"),
    changing(f"{_CHAT}/votes", _vote),
    changing(f"{_CHAT}/polls/end", _end_poll),
    changing("/people/{person_id:int}/links", _follow),
]
