"""What an endpoint takes from its request: the world, the chat and person meant, and typed fields."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.errors import ControlError
from sandbox.state.records import Json
from sandbox.world import Sandbox

LONGEST_WAIT = 60.0  # seconds

_REQUIRED = object()
# Of a chat; a group's is negative.
_ID = re.compile(r"-?\d{1,18}", re.ASCII)


def changing(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str = "POST") -> Route:
    """A route that changes the world."""
    return Route(path, endpoint, methods=[method])


def sandbox_of(request: Request) -> Sandbox:
    """The world that is served."""
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def chat_id_of(request: Request) -> int:
    """The chat of the path. Raises ControlError 404 for none."""
    written = request.path_params["chat_id"]
    if not _ID.fullmatch(written):
        raise ControlError(404, f"{written} is no chat's id")
    return sandbox_of(request).state.chat(int(written)).chat_id


def person_id_of(request: Request, given: Json) -> int:
    """Whose act it is: "person_id", in a private chat by default its person. Raises ControlError 400."""
    chat = sandbox_of(request).state.chats[chat_id_of(request)]
    default = chat.chat_id if chat.type == "private" else _REQUIRED
    return int(field(given, "person_id", int, default))


async def body_of(request: Request) -> Json:
    """The JSON object of a POST; no body is an empty one. Raises ControlError 400 for anything else."""
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError) as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise ControlError(400, "the body is not a JSON object")
    return body


def field(body: Json, name: str, kind: type, default: Any = _REQUIRED) -> Any:
    """A typed field of the body. Raises ControlError 400."""
    value = body.get(name, default)
    if value is _REQUIRED:
        raise ControlError(400, f'"{name}" is missing')
    if value is not default and not isinstance(value, int | float if kind is float else kind):
        raise ControlError(400, f'"{name}" must be of type {kind.__name__}')
    return value


def query_number(request: Request, name: str, default: float = 0.0) -> float:
    """A number of the query. Raises ControlError 400."""
    try:
        return float(request.query_params.get(name, default))
    except ValueError:
        raise ControlError(400, f'"{name}" must be a number') from None


def query_int(request: Request, name: str) -> int | None:
    """A whole number of the query, or None. Raises ControlError 400."""
    return int(query_number(request, name)) if name in request.query_params else None
