"""The part of the control API that makes trouble: faults, and updates and queries that come twice or go."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.errors import ControlError
from sandbox.faults import KINDS
from sandbox.requests import body_of, changing, field, world_of


async def _list_faults(request: Request) -> JSONResponse:
    return JSONResponse(
        {"kinds": KINDS, "armed": [asdict(fault) for fault in world_of(request).faults.armed()]}
    )


async def _arm_fault(request: Request) -> JSONResponse:
    wanted = await body_of(request)
    chat_id = field(wanted, "chat_id", int, None)
    if chat_id is not None:
        world_of(request).chat(chat_id)
    fault = world_of(request).faults.arm(
        field(wanted, "kind", str),
        field(wanted, "method", str, "*"),
        chat_id,
        None if "times" in wanted and wanted["times"] is None else field(wanted, "times", int, 1),
        field(wanted, "seconds", float, 1.0),
        field(wanted, "status", int, 502),
    )
    return JSONResponse(asdict(fault), status_code=201)


async def _remove_fault(request: Request) -> JSONResponse:
    return JSONResponse({"removed": world_of(request).faults.remove(request.path_params["fault_id"])})


async def _remove_faults(request: Request) -> JSONResponse:
    return JSONResponse({"removed": world_of(request).faults.remove()})


async def redeliver(request: Request) -> JSONResponse:
    """An update of the path, or else the newest one."""
    updates = world_of(request).updates
    update_id = request.path_params.get("update_id", updates.newest())
    if update_id is None or not updates.redeliver(update_id):
        raise ControlError(404, "there is no such update, or it is too old")
    return JSONResponse({"redelivered": update_id})


async def _expire_updates(request: Request) -> JSONResponse:
    return JSONResponse({"expired": world_of(request).updates.drop_pending()})


async def _expire_queries(request: Request) -> JSONResponse:
    query_id = field(await body_of(request), "query_id", str, None)
    return JSONResponse({"expired": world_of(request).expire_queries(query_id)})


trouble_routes = [
    Route("/faults", _list_faults),
    changing("/faults", _arm_fault),
    changing("/faults", _remove_faults, "DELETE"),
    changing("/faults/{fault_id:int}", _remove_fault, "DELETE"),
    changing("/updates/redeliver", redeliver),
    changing("/updates/{update_id:int}/redeliver", redeliver),
    changing("/updates/expire", _expire_updates),
    changing("/queries/expire", _expire_queries),
]
