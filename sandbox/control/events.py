"""The stream of server-sent events by which a page learns what to read anew."""

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sandbox.control.inputs import sandbox_of
from sandbox.world import Sandbox

_HEARTBEAT = 15.0  # seconds of silence after which a stream shows that it lives


async def _stream_events(request: Request) -> StreamingResponse:
    """Server-sent events: each chat that has changed, all chats at first, and news of calls and faults."""
    return StreamingResponse(
        _events(sandbox_of(request)), media_type="text/event-stream", headers={"cache-control": "no-cache"}
    )


async def _events(sandbox: Sandbox) -> AsyncIterator[str]:
    seen: dict[int | str, int] = {}

    def look() -> dict[int | str, int] | None:
        versions: dict[int | str, int] = {
            chat_id: chat.version for chat_id, chat in sandbox.state.chats.items()
        }
        versions |= {"calls": sandbox.calls[-1].number if sandbox.calls else 0}
        versions |= {"faults": sandbox.faults.version}
        return {what: version for what, version in versions.items() if seen.get(what) != version} or None

    while not sandbox.changes.closed:
        changed = await sandbox.changes.wait_for(look, _HEARTBEAT)
        if changed is None:
            yield ": still here\n\n"
        for what, version in (changed or {}).items():
            seen[what] = version
            if isinstance(what, str):
                yield f"event: {what}\ndata: {version}\n\n"
            else:
                yield f"data: {json.dumps({'chat_id': what, 'version': version})}\n\n"


ROUTES = [Route("/events", _stream_events)]
