"""The routes of the control API, and how it refuses."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control import chats, events, groups, interactions, people, traffic
from sandbox.errors import ControlError

ROUTES = [
    *people.ROUTES,
    *chats.ROUTES,
    *groups.ROUTES,
    *interactions.ROUTES,
    *traffic.ROUTES,
    *events.ROUTES,
]


async def control_error(request: Request, error: Exception) -> Response:
    """A refusal as JSON: `error` and whatever helps to do it right."""
    if not isinstance(error, ControlError):
        raise error
    return JSONResponse({"error": error.message, **error.details}, status_code=error.status)
