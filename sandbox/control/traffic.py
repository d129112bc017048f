"""Endpoints for the traffic with the bot: updates that come twice or never, its calls, and faults to meet."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.control.inputs import body_of, changing, field, query_number, sandbox_of
from sandbox.errors import ControlError
from sandbox.world.faults import KINDS


async def _list_updates(request: Request) -> JSONResponse:
    updates = sandbox_of(request).updates
    pending = updates.pending()
    found = {"pending": len(pending), "updates": pending, "allowed_updates": updates.allowed}
    return JSONResponse(found)


async def _redeliver(request: Request) -> JSONResponse:
    """An update of the path, or else the newest one."""
    updates = sandbox_of(request).updates
    update_id = request.path_params.get("update_id", updates.newest())
    if update_id is None or not updates.redeliver(update_id):
        raise ControlError(404, "there is no such update, or it is too old")
    return JSONResponse({"redelivered": update_id})


async def _expire_updates(request: Request) -> JSONResponse:
    return JSONResponse({"expired": sandbox_of(request).updates.drop_pending()})


async def _list_calls(request: Request) -> JSONResponse:
    after, method = query_number(request, "after"), request.query_params.get("method")
    calls = [call for call in sandbox_of(request).calls if call.number > after]
    return JSONResponse([asdict(call) for call in calls if method in (None, call.method)])


async def _list_faults(request: Request) -> JSONResponse:
    armed = [asdict(fault) for fault in sandbox_of(request).faults.armed()]
    return JSONResponse({"kinds": KINDS, "armed": armed})


async def _arm_fault(request: Request) -> JSONResponse:
    sandbox, body = sandbox_of(request), await body_of(request)
    chat_id = field(body, "chat_id", int, None)
    if chat_id is not None:
        sandbox.state.chat(chat_id)
    fault = sandbox.faults.arm(
        field(body, "kind", str),
        field(body, "method", str, "*"),
        chat_id,
        None if "times" in body and body["times"] is None else field(body, "times", int, 1),
        field(body, "seconds", float, 1.0),
        field(body, "status", int, 502),
    )
    return JSONResponse(asdict(fault), status_code=201)


async def _remove_faults(request: Request) -> JSONResponse:
    """The fault of the path, or else all of them."""
    return JSONResponse({"removed": sandbox_of(request).faults.remove(request.path_params.get("fault_id"))})


ROUTES = [
    Route("/updates", _list_updates),
    changing("/updates/redeliver", _redeliver),
    changing("/updates/{update_id:int}/redeliver", _redeliver),
    changing("/updates/expire", _expire_updates),
    Route("/calls", _list_calls),
    Route("/faults", _list_faults),
    changing("/faults", _arm_fault),
    changing("/faults", _remove_faults, "DELETE"),
    changing("/faults/{fault_id:int}", _remove_faults, "DELETE"),
]
