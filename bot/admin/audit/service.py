"""The record of what admins did."""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Database
from storage.running import audit
from storage.running.audit import Act

PAGE = 10


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Ten acts from `offset` on, of `total`, newest first."""

    offset: int
    total: int
    acts: tuple[Act, ...]


class Audit:
    """Reads what every act wrote down in its own transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, offset: int) -> AuditPage:
        """The page that begins at `offset`; the last one if it is past the end."""
        async with self._database.read() as conn:
            total = await audit.count(conn)
            offset = max(0, min(offset, (total - 1) // PAGE * PAGE))
            acts = await audit.page(conn, offset=offset, limit=PAGE)
        return AuditPage(offset, total, tuple(acts))
