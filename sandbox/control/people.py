"""Endpoints for the bot's and people's accounts: who there is, links that they open, and blocking."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.control.inputs import body_of, changing, chat_id_of, field, sandbox_of
from sandbox.control.views import person_view
from sandbox.errors import ControlError


async def _read_bot(request: Request) -> JSONResponse:
    bot = sandbox_of(request).bot
    return JSONResponse({"bot_id": bot.person_id, "name": bot.first_name, "username": bot.username})


async def _list_people(request: Request) -> JSONResponse:
    state = sandbox_of(request).state
    return JSONResponse([person_view(state, person) for person in state.people.values()])


async def _create_person(request: Request) -> JSONResponse:
    sandbox, body = sandbox_of(request), await body_of(request)
    name = field(body, "first_name", str).strip()
    if not name:
        raise ControlError(400, "first_name is empty")
    person = sandbox.people.add(
        name,
        field(body, "person_id", int, None),
        field(body, "last_name", str, None),
        field(body, "username", str, None),
        field(body, "language_code", str, "en"),
    )
    return JSONResponse(person_view(sandbox.state, person), status_code=201)


async def _open_link(request: Request) -> JSONResponse:
    sandbox, body = sandbox_of(request), await body_of(request)
    person_id = sandbox.state.person(request.path_params["person_id"]).person_id
    url, chat_id = field(body, "url", str), field(body, "chat_id", int, None)
    message, update_id = sandbox.people.open_link(person_id, url, chat_id)
    return JSONResponse(
        {"chat_id": message.chat_id, "message_id": message.message_id, "update_id": update_id},
        status_code=201,
    )


async def _block(request: Request) -> JSONResponse:
    return _set_blocked(request, True)


async def _unblock(request: Request) -> JSONResponse:
    return _set_blocked(request, False)


def _set_blocked(request: Request, blocked: bool) -> JSONResponse:
    sandbox = sandbox_of(request)
    person = sandbox.people.set_blocked(chat_id_of(request), blocked)
    return JSONResponse(person_view(sandbox.state, person))


ROUTES = [
    Route("/bot", _read_bot),
    Route("/people", _list_people),
    changing("/people", _create_person),
    changing("/people/{person_id:int}/links", _open_link),
    changing("/chats/{chat_id}/block", _block),
    changing("/chats/{chat_id}/unblock", _unblock),
]
