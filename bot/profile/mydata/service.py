"""All that is kept about a person."""

from __future__ import annotations

from storage import personal
from storage.database import Database
from storage.people.people import Person


class MyData:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: Person) -> dict[str, list[dict[str, object]]]:
        """Every row, by table; see `storage.personal`."""
        async with self._database.read() as conn:
            return await personal.everything(conn, person)
