"""Everything storage raises on purpose.

StorageError
├── CannotOpen         a database that cannot be reached, read, or used as one
├── DatabaseClosed     a read or a write after `Database.close`
├── NestedWrite        a write begun inside a write of the same task
├── TryLater           nothing happened now; the same transaction may work later
│   ├── DatabaseFull   no room on the disk
│   └── DatabaseBusy   locked by another, or its disk does not answer
├── SchemaTooNew       a schema that this version does not know
├── MigrationFailed    a migration that was undone; the database is as it was
├── UnknownRow         an id that no row has
└── WrongState         an update that is not in the state that a step needs
"""

from __future__ import annotations

__all__ = [
    "CannotOpen",
    "DatabaseBusy",
    "DatabaseClosed",
    "DatabaseFull",
    "MigrationFailed",
    "NestedWrite",
    "SchemaTooNew",
    "StorageError",
    "TryLater",
    "UnknownRow",
    "WrongState",
]


class StorageError(Exception):
    """Base of all errors of this package."""


class CannotOpen(StorageError):
    """The database cannot be opened; the text names it and says why."""


class DatabaseClosed(StorageError):
    """The database was closed; nothing is read or written any more."""


class NestedWrite(StorageError):
    """One task began a write inside its own write, which would wait for itself forever."""


class TryLater(StorageError):
    """The transaction was rolled back for a reason that passes."""


class DatabaseFull(TryLater):
    """No room left for the database; works again when there is room."""


class DatabaseBusy(TryLater):
    """Another program holds the database for longer than the busy timeout, or its disk does not answer."""


class SchemaTooNew(StorageError):
    """The database was written by a newer version; the text says what to do."""


class MigrationFailed(StorageError):
    """A migration was rolled back; the text names the backup made before it."""


class UnknownRow(StorageError):
    """No row has this id."""


class WrongState(StorageError):
    """An update was to take a step that its state does not allow, such as to be applied twice."""
