"""What became of the automatic backups: the last one that is whole, and since when they fail."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import facts

BACKUPS_KEY = "backups"


@dataclass(frozen=True, slots=True)
class Backups:
    """`began`: since when the clock is looked at. `made_at`, `name` and `size` (bytes) are of the last one
    that was made and read back; `failing_since` and `why` of those that failed after it."""

    began: datetime
    made_at: datetime | None = None
    name: str = ""
    size: int = 0
    failing_since: datetime | None = None
    why: str = ""


async def get(conn: AsyncConnection) -> Backups | None:
    """None before the first look at the clock."""
    return read(await facts.get(conn, BACKUPS_KEY))


async def put(conn: AsyncConnection, state: Backups) -> None:
    """Keep it, in place of the one before."""
    values = asdict(state)
    values |= {name: each.isoformat() for name, each in values.items() if isinstance(each, datetime)}
    await facts.put(conn, BACKUPS_KEY, values)


def read(value: object) -> Backups | None:
    """From what is kept of it."""
    if not isinstance(value, dict):
        return None
    moments = {
        name: datetime.fromisoformat(value[name]) if value[name] else None
        for name in ("began", "made_at", "failing_since")
    }
    return Backups(**{**value, **moments})
