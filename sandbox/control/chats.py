"""Endpoints for chats: transcripts, what people send, messages that are taken away, and files."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control.inputs import (
    LONGEST_WAIT,
    body_of,
    changing,
    chat_id_of,
    field,
    person_id_of,
    query_int,
    query_number,
    sandbox_of,
)
from sandbox.control.views import transcript
from sandbox.errors import ControlError
from sandbox.state.records import Message


async def _read_chat(request: Request) -> JSONResponse:
    """With `after`, waits up to `wait` seconds for a version above it."""
    sandbox, chat_id = sandbox_of(request), chat_id_of(request)
    after, wait = query_number(request, "after", -1), min(query_number(request, "wait"), LONGEST_WAIT)
    limit, viewer = query_int(request, "limit"), query_int(request, "as")
    await sandbox.changes.wait_for(lambda: sandbox.state.chats[chat_id].version > after or None, wait)
    sandbox.polls.close_due()
    if viewer is not None:
        sandbox.state.person(viewer)
    return JSONResponse(transcript(sandbox, chat_id, limit, viewer))


async def _send_message(request: Request) -> JSONResponse:
    chat_id, body = chat_id_of(request), await body_of(request)
    message, update_id = sandbox_of(request).people.say(
        person_id_of(request, body),
        field(body, "text", str),
        chat_id,
        thread_id=field(body, "thread_id", int, None),
        reply_to=field(body, "reply_to", int, None),
        anonymous=field(body, "anonymous", bool, False),
    )
    return _sent(message, update_id)


async def _send_document(request: Request) -> JSONResponse:
    """The body is the file; its name and caption are in the query."""
    query, person_id = request.query_params, query_int(request, "person_id")
    message, update_id = sandbox_of(request).people.send_document(
        person_id_of(request, {} if person_id is None else {"person_id": person_id}),
        query.get("name", "").strip(),
        await request.body(),
        request.headers.get("content-type"),
        query.get("caption", ""),
        chat_id_of(request),
        thread_id=query_int(request, "thread_id"),
    )
    return _sent(message, update_id)


def _sent(message: Message, update_id: int | None) -> JSONResponse:
    return JSONResponse({"message_id": message.message_id, "update_id": update_id}, status_code=201)


async def _delete_message(request: Request) -> JSONResponse:
    """A message goes, as if an administrator took it away: the bot gets no update."""
    sandbox, message_id = sandbox_of(request), request.path_params["message_id"]
    sandbox.chats.delete_message(sandbox.state.message(chat_id_of(request), message_id))
    return JSONResponse({"deleted": message_id})


async def _read_file(request: Request) -> Response:
    """A photo to be shown, anything else to be saved: nothing that was sent can run in the page."""
    sandbox = sandbox_of(request)
    file = sandbox.state.files.get(request.path_params["file_id"])
    if file is None:
        raise ControlError(404, "there is no such file")
    shown = file.kind == "photo"
    disposition = "inline" if shown else f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {"content-disposition": disposition, "x-content-type-options": "nosniff"}
    media_type = file.mime_type if shown else "application/octet-stream"
    return Response(sandbox.files.content(file), headers=headers, media_type=media_type)


ROUTES = [
    Route("/chats/{chat_id}", _read_chat),
    changing("/chats/{chat_id}/messages", _send_message),
    changing("/chats/{chat_id}/documents", _send_document),
    changing("/chats/{chat_id}/messages/{message_id:int}", _delete_message, "DELETE"),
    Route("/files/{file_id:str}", _read_file),
]
