"""The update queue: what the bot has not confirmed yet."""

import time
from operator import itemgetter

from sandbox.errors import ApiError
from sandbox.state.changes import Changes
from sandbox.state.records import Json
from sandbox.state.store import Store

# Kinds that are sent only where they are explicitly allowed.
_OPT_IN = {"chat_member", "message_reaction", "message_reaction_count"}
# Confirmed updates that can still be redelivered.
_KEPT = 1000
_CONFLICT = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)


class UpdateQueue:
    """Updates in order of their ids, handed out again and again until an offset confirms them."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes
        stored = sorted(store.all("update"), key=itemgetter("update_id"))
        self._updates: dict[int, Json] = {update["update_id"]: update for update in stored}
        self._confirmed_below: int = store.get("meta", "confirmed_below") or 0
        self._next_id: int = store.get("meta", "next_update_id") or _first_id()
        self._allowed: list[str] = store.get("meta", "allowed_updates") or []
        self._again: list[Json] = []
        self._poller: object | None = None

    @property
    def allowed(self) -> list[str]:
        """The remembered `allowed_updates`; empty means Telegram's default."""
        return self._allowed

    def pending(self) -> list[Json]:
        """The unconfirmed updates, oldest first."""
        return [update for update_id, update in self._updates.items() if update_id >= self._confirmed_below]

    def add(self, kind: str, payload: Json) -> int | None:
        """Queue `{"update_id": id, kind: payload}`; the id, or None if the bot doesn't want the kind."""
        if kind not in self._allowed if self._allowed else kind in _OPT_IN:
            return None
        update_id = self._next_id
        self._next_id += 1
        self._updates[update_id] = {"update_id": update_id, kind: payload}
        self._store.put("update", update_id, self._updates[update_id])
        self._store.put("meta", "next_update_id", self._next_id)
        self._changes.notify()
        return update_id

    def redeliver(self, update_id: int) -> bool:
        """Hand an update out once more, whatever the offset, as Telegram may; False if it is unknown."""
        if update_id not in self._updates:
            return False
        self._again.append(self._updates[update_id])
        self._changes.notify()
        return True

    def allow(self, kinds: list[str]) -> None:
        """Remember `allowed_updates`. Updates that are queued already stay."""
        self._allowed = kinds
        self._store.put("meta", "allowed_updates", kinds)

    def drop_pending(self) -> list[int]:
        """Forget all that is unconfirmed, as Telegram does after a day; the ids."""
        dropped = [update["update_id"] for update in self.pending()]
        self._confirm_below(self._next_id)
        return dropped

    def newest(self) -> int | None:
        """The id of the newest update that is still known, confirmed or not."""
        return max(self._updates, default=None)

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """getUpdates: confirm below `offset` (a negative one counts from the end), then wait up to `seconds`.

        Raises ApiError 409 in the older one when two polls overlap.
        """
        if offset < 0:
            pending = self.pending()
            offset = pending[max(len(pending) + offset, 0)]["update_id"] if pending else 0
        self._confirm_below(offset)
        self._poller = ticket = object()
        self._changes.notify()  # an older poll that still waits finds that it has lost its place

        def look() -> list[Json] | None:
            if self._poller is not ticket:
                raise ApiError(409, _CONFLICT)
            return (self._again + self.pending())[:limit] or None

        try:
            found = await self._changes.wait_for(look, seconds) or []
        finally:
            if self._poller is ticket:
                self._poller = None
        del self._again[: len(found)]
        return found

    def _confirm_below(self, offset: int) -> None:
        if offset <= self._confirmed_below:
            return
        self._confirmed_below = min(offset, self._next_id)
        self._store.put("meta", "confirmed_below", self._confirmed_below)
        confirmed = [update_id for update_id in self._updates if update_id < self._confirmed_below]
        for update_id in confirmed[:-_KEPT]:
            del self._updates[update_id]
            self._store.delete("update", update_id)
        self._changes.notify()


def _first_id() -> int:
    """Hundredths of a second since 1970, kept to the 31 bits of Telegram's ids.

    So a fresh world goes on above the ids of an older one, unless that had a hundred updates a second.
    """
    return int(time.time() * 100) % 2**31
