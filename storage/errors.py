"""Everything storage raises on purpose.

StorageError
├── CannotOpen         a database that cannot be reached, read, or used as one
├── DatabaseInUse      another bot serves from this PostgreSQL database
├── DatabaseClosed     a read or a write after `Database.close`
├── NestedWrite        a write begun inside a write of the same task
├── TryLater           nothing happened now; the same transaction may work later
│   ├── DatabaseFull   no room on the disk
│   ├── DatabaseBusy   locked by another, or its disk does not answer
│   └── DatabaseLost   the connection to PostgreSQL broke
├── SchemaTooNew       a schema that this version does not know
├── MigrationFailed    a migration that was undone; the database is as it was
├── BackupFailed       a backup that was not made, or that is no backup
├── RestoreFailed      a backup that was not put back; the database is as it was
├── CopyFailed         a copy that was not made; the target is as it was
├── UnknownRow         an id that no row has
├── WrongState         an update that is not in the state that a step needs
└── Forgotten          an update of somebody who was forgotten meanwhile
"""

from __future__ import annotations


class StorageError(Exception):
    """Base of all errors of this package."""


class CannotOpen(StorageError):
    """The database cannot be opened; the text names it and says why."""


class DatabaseInUse(StorageError):
    """Another process holds this database; the text names it."""


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


class DatabaseLost(TryLater):
    """The connection broke. The transaction is rolled back; a later one works when the server is back."""


class SchemaTooNew(StorageError):
    """The database was written by a newer version; the text says what to do."""


class MigrationFailed(StorageError):
    """A migration was rolled back; the text names the backup made before it."""


class BackupFailed(StorageError):
    """A backup was not made, or a file is not a whole backup; the text says which and why."""


class RestoreFailed(StorageError):
    """A backup was not put back; the database is as it was."""


class CopyFailed(StorageError):
    """A copy was not made, or is not equal to its source; the target is as it was."""


class UnknownRow(StorageError):
    """No row has this id."""


class WrongState(StorageError):
    """An update was to take a step that its state does not allow, such as to be applied twice."""


class Forgotten(StorageError):
    """Whoever sent this update was forgotten while it waited: nothing comes of it."""
