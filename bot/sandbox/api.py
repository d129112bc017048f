"""The endpoint `/bot<token>/<method>`: read, check against the specification, execute, log."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from bot.sandbox.errors import ApiError, not_supported
from bot.sandbox.methods import METHODS
from bot.sandbox.payload import read_payload
from bot.sandbox.records import Json
from bot.sandbox.schema import SpecViolation, load_schema
from bot.sandbox.world import Sandbox

__all__ = ["bot_api"]

_VALID = "valid"


async def bot_api(request: Request) -> JSONResponse:
    """Answer one call of the bot in the Bot API's envelope. Faults on command will stand before execution."""
    sandbox: Sandbox = request.app.state.sandbox
    if not sandbox.has_token(request.path_params["token"]):
        return _refusal(ApiError(401, "Unauthorized"))
    method, params, verdict = request.path_params["method"], dict[str, Any](), _VALID
    try:
        params = await read_payload(request)
        method, params = _checked(method, params)
        result = await _while_connected(request, _execute(sandbox, method, params))
    except SpecViolation as violation:
        verdict = str(violation)
        error = ApiError(400, f"Bad Request: {violation}")
    except ApiError as refused:
        verdict = "unknown method" if refused.status == 404 else _VALID
        error = refused
    else:
        sandbox.log_call(method, params, verdict, None)
        return JSONResponse({"ok": True, "result": result})
    sandbox.log_call(method, params, verdict, (error.status, error.description))
    return _refusal(error)


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


def _refusal(error: ApiError) -> JSONResponse:
    body = {"ok": False, "error_code": error.status, "description": error.description}
    return JSONResponse(body, status_code=error.status)
