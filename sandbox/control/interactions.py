"""Endpoints for what people do with the bot's messages: taps on buttons, and votes in polls."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.control.inputs import (
    LONGEST_WAIT,
    body_of,
    changing,
    chat_id_of,
    field,
    person_id_of,
    query_number,
    sandbox_of,
)
from sandbox.control.views import poll_view, query_view
from sandbox.errors import ControlError
from sandbox.state.records import Query
from sandbox.world import Sandbox


async def _tap(request: Request) -> JSONResponse:
    """With `wait`, waits so many seconds for the bot's answer."""
    sandbox, chat_id, body = sandbox_of(request), chat_id_of(request), await body_of(request)
    person_id, message_id = person_id_of(request, body), field(body, "message_id", int, None)
    if "data" in body:
        data, message_id = field(body, "data", str), field(body, "message_id", int)
        tapped: Query | str = sandbox.queries.tap_data(person_id, data, message_id, chat_id)
    else:
        tapped = sandbox.queries.tap(person_id, field(body, "label", str), message_id, chat_id)
    if isinstance(tapped, str):
        return JSONResponse({"url": tapped}, status_code=201)
    return JSONResponse(await _answered(sandbox, tapped, field(body, "wait", float, 0.0)), status_code=201)


async def _list_queries(request: Request) -> JSONResponse:
    sandbox, chat_id = sandbox_of(request), request.query_params.get("chat_id")
    queries = [q for q in sandbox.state.queries.values() if chat_id in (None, str(q.chat_id))]
    return JSONResponse([query_view(sandbox, query) for query in queries])


async def _read_query(request: Request) -> JSONResponse:
    """With `wait`, waits so many seconds for the bot's answer."""
    sandbox = sandbox_of(request)
    query = sandbox.state.queries.get(request.path_params["query_id"])
    if query is None:
        raise ControlError(404, "there is no such query")
    return JSONResponse(await _answered(sandbox, query, query_number(request, "wait")))


async def _answered(sandbox: Sandbox, query: Query, wait: float) -> dict[str, object]:
    await sandbox.changes.wait_for(lambda: query.answer, min(wait, LONGEST_WAIT))
    return query_view(sandbox, query)


async def _expire_queries(request: Request) -> JSONResponse:
    query_id = field(await body_of(request), "query_id", str, None)
    return JSONResponse({"expired": sandbox_of(request).queries.expire(query_id)})


async def _vote(request: Request) -> JSONResponse:
    chat_id, body = chat_id_of(request), await body_of(request)
    person_id, message_id = person_id_of(request, body), field(body, "message_id", int, None)
    options = [str(text) for text in field(body, "options", list)]
    poll = sandbox_of(request).polls.vote(chat_id, person_id, options, message_id)
    return JSONResponse(poll_view(poll, person_id), status_code=201)


async def _end_poll(request: Request) -> JSONResponse:
    polls, message_id = sandbox_of(request).polls, field(await body_of(request), "message_id", int, None)
    poll = polls.find(chat_id_of(request), message_id)
    if poll.is_closed:
        raise ControlError(409, "the poll is closed")
    polls.close(poll)
    return JSONResponse(poll_view(poll))


ROUTES = [
    changing("/chats/{chat_id}/taps", _tap),
    Route("/queries", _list_queries),
    Route("/queries/{query_id:str}", _read_query),
    changing("/queries/expire", _expire_queries),
    changing("/chats/{chat_id}/votes", _vote),
    changing("/chats/{chat_id}/polls/end", _end_poll),
]
