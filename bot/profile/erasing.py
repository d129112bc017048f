"""After /forgetme: what was deleted leaves the disk too, as soon as nobody reads it any more."""

from __future__ import annotations

import structlog

from bot.process.backoff import Backoff
from bot.process.bells import Bell
from storage.database import Database, facts
from storage.errors import StorageError
from storage.personal import FORGOTTEN
from storage.running import updates

log = structlog.get_logger(__name__)

_FIRST_PAUSE, _LONGEST_SLEEP = 0.05, 3600.0  # seconds
_REBUILT = "rebuilt"  # the fact that nothing is left in the file of what was deleted before `secure_delete`


class Eraser:
    """One loop. That there is something to erase is a fact in the database, so a killed process leaves it to
    the next one."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def run(self) -> None:
        """Work until cancelled."""
        backoff = Backoff(_FIRST_PAUSE)
        while True:
            try:
                done = await self._look()
            except StorageError as error:
                log.warning("deleted rows are still on the disk", cause=str(error))
                done = False
            if done:
                backoff.reset()
            await self._bell.wait(_LONGEST_SLEEP if done else backoff.next())

    async def _look(self) -> bool:
        """Erase what there is to erase; False if something is left."""
        async with self._database.read() as conn:
            seen = await facts.get(conn, FORGOTTEN)
            answering = await updates.is_forgetting(conn)
        if seen is None:
            return True
        # At once, since it is the most of it; and again when the last word was said, which leaves an id less.
        if not await self._database.erase() or answering:
            return False
        async with self._database.write() as conn:
            if await facts.get(conn, FORGOTTEN) != seen:  # somebody else by now
                return False
            await facts.drop(conn, FORGOTTEN)
        return True


async def rebuild_once(database: Database) -> None:
    """Before anybody is served: write the file anew, once in its life.

    Versions up to 0.2 left what they deleted in its free pages. VACUUM takes them away; whoever is forgotten
    from now on is overwritten as they go, so that no forgetting needs to hold everybody up for one.
    """
    async with database.read() as conn:
        if await facts.get(conn, _REBUILT) is not None:
            return
    try:
        await database.rebuild()
        await database.erase()
    except StorageError as error:  # the next start tries again
        log.warning("the database could not be written anew", cause=str(error))
        return
    async with database.write() as conn:
        await facts.put(conn, _REBUILT, True)
