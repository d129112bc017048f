"""One database: connections, the one writer, migrations, backups; imports `schema` and `errors`."""

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.connections import Database

__all__ = ["AsyncConnection", "Database"]
