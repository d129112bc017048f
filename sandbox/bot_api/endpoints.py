"""The endpoints `/bot<token>/<method>` and `/file/bot<token>/<path>`: read, check, execute, log."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.bot_api.methods import METHODS
from sandbox.bot_api.payload import read_payload
from sandbox.bot_api.schema import SpecViolation, Upload, load_schema
from sandbox.errors import ApiError, not_supported
from sandbox.state.records import Call, Json
from sandbox.world import Sandbox
from sandbox.world.faults import Dropped, Fault, NotJson

_VALID = "valid"
_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>nginx</body></html>"


async def _answer_call(request: Request) -> Response:
    """Answer one call of the bot in the Bot API's envelope, unless a fault on command has it otherwise."""
    sandbox: Sandbox = request.app.state.sandbox
    if not sandbox.has_token(request.path_params["token"]):
        return _refusal(ApiError(401, "Unauthorized"))
    method, params, verdict = request.path_params["method"], dict[str, Any](), _VALID
    fault: Fault | None = None
    error: ApiError | None = None
    result: Any = None
    try:
        params = await read_payload(request)
        method, params = _checked(method, params)
        fault = sandbox.faults.strike(method, _chat_of(sandbox, params))
        call = sandbox.faults.carry_out(fault, lambda: _execute(sandbox, method, params))
        result = await _while_connected(request, call)
    except SpecViolation as violation:
        verdict = str(violation)
        error = ApiError(400, f"Bad Request: {violation}")
    except ApiError as refused:
        verdict = "unknown method" if refused.status == 404 else _VALID
        error = refused
    _log(sandbox, method, params, verdict, error, fault)
    if error is None:
        return JSONResponse({"ok": True, "result": result})
    if isinstance(error, Dropped):
        await _hang_up(request)
    return _refusal(error)


async def _send_file(request: Request) -> Response:
    """The content of a file at the path that getFile gave."""
    sandbox: Sandbox = request.app.state.sandbox
    if not sandbox.has_token(request.path_params["token"]):
        return _refusal(ApiError(401, "Unauthorized"))
    file = sandbox.files.at(request.path_params["path"])
    if file is None:
        return _refusal(ApiError(404, "Not Found"))
    return Response(sandbox.files.content(file), media_type="application/octet-stream")


def _checked(method: str, raw: Json) -> tuple[str, Json]:
    """The method's proper name and typed parameters. Raises SpecViolation, or ApiError 404 for no method."""
    schema = load_schema()
    name = schema.method_name(method)
    if name is None:
        raise ApiError(404, "Not Found")
    return name, schema.read(name, raw)


async def _execute(sandbox: Sandbox, method: str, params: Json) -> Any:
    if method not in METHODS:
        raise not_supported(f"the method {method}")
    return await METHODS[method](sandbox, params)


def _chat_of(sandbox: Sandbox, params: Json) -> int | None:
    """The chat that a call is about; a callback answer's is that of the tap."""
    query = sandbox.state.queries.get(str(params.get("callback_query_id")))
    chat_id = query.chat_id if query else params.get("chat_id")
    return chat_id if isinstance(chat_id, int) else None


def _log(
    sandbox: Sandbox, method: str, params: Json, verdict: str, error: ApiError | None, fault: Fault | None
) -> None:
    """Note a call, of a file only its name and size."""
    noted = {
        name: {"file": value.filename, "bytes": len(value.content)} if isinstance(value, Upload) else value
        for name, value in params.items()
    }
    call = Call(
        number=sandbox.calls[-1].number + 1 if sandbox.calls else 1,
        method=method,
        params=noted,
        verdict=verdict,
        ok=error is None,
        error_code=error.status if error else None,
        description=error.description if error else None,
        time=time.time(),
        chat_id=_chat_of(sandbox, params),
        fault=fault.kind if fault else None,
    )
    sandbox.calls.append(call)
    sandbox.changes.notify()


async def _while_connected(request: Request, call: Coroutine[Any, Any, Any]) -> Any:
    """The result of `call`, ended when the client hangs up: a killed bot's long poll must take nothing."""
    calling, hanging_up = asyncio.ensure_future(call), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({calling, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        if not calling.done():
            raise ApiError(499, "the client closed the connection")
        return calling.result()
    finally:
        calling.cancel()
        hanging_up.cancel()


async def _hang_up(request: Request) -> None:
    """Close the connection, and wait until the server has noticed: what is answered then goes nowhere."""
    request.state.transport.abort()
    await request.receive()


def _refusal(error: ApiError) -> Response:
    if isinstance(error, NotJson):
        return HTMLResponse(_PAGE.format(f"{error.status} from a proxy"), status_code=error.status)
    body = {"ok": False, "error_code": error.status, "description": error.description}
    body |= {"parameters": error.parameters} if error.parameters else {}
    return JSONResponse(body, status_code=error.status or 500)


ROUTES = [
    Route("/bot{token:str}/{method:str}", _answer_call, methods=["GET", "POST"]),
    Route("/file/bot{token:str}/{path:path}", _send_file),
]
