"""The parameters of a call, from wherever a client put them: query, form, multipart or JSON."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.bot_api.schema import Upload
from sandbox.errors import ApiError

_ATTACH = "attach://"
_DISPOSITION = re.compile(
    r'form-data;.*?\bname="([^"]*)"(?:.*?\bfilename="([^"]*)")?', re.IGNORECASE | re.DOTALL
)


async def read_payload(request: Request) -> dict[str, Any]:
    """Every parameter by name: texts, JSON values, or an Upload. The body wins over the query.

    Raises ApiError 400 for a body that cannot be read.
    """
    payload: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if not body:
        return payload
    try:
        if content_type.startswith("application/json"):
            payload |= _object(json.loads(body))
        elif content_type.startswith("multipart/form-data"):
            payload |= _multipart(body, content_type)
        else:
            payload |= dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"Bad Request: can't read the body: {error}") from None
    return _attached(payload)


def _attached(payload: dict[str, Any]) -> dict[str, Any]:
    """Put a file that a parameter calls "attach://name" where it is called."""
    parts = {
        name: value.removeprefix(_ATTACH)
        for name, value in payload.items()
        if isinstance(value, str) and value.startswith(_ATTACH)
    }
    resolved = payload | {name: payload[part] for name, part in parts.items() if part in payload}
    return {name: value for name, value in resolved.items() if name not in parts.values()}


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("the JSON is not an object")
    return value


def _multipart(body: bytes, content_type: str) -> dict[str, Any]:
    """The parts of a multipart/form-data body (RFC 7578). Raises ValueError."""
    boundary = re.search(r'boundary="?([^";,]+)"?', content_type)
    if boundary is None:
        raise ValueError("the multipart body has no boundary")
    parts: dict[str, Any] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        disposition = _DISPOSITION.search(head.decode("utf-8", "replace"))
        if disposition is None or not separator:
            raise ValueError("a part of the multipart body has no name")
        name, filename = disposition.groups()
        parts[name] = content.decode() if filename is None else Upload(filename, content)
    return parts
