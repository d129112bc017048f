"""One database, whichever engine: connections, the one writer, migrations, backups. Knows the schema."""

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database.connections import Database

__all__ = ["AsyncConnection", "Database"]
