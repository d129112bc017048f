"""The files of the world: what the bot and people have sent, kept by `file_id`."""

import mimetypes
import secrets

from sandbox.state.records import File
from sandbox.state.store import Store
from sandbox.state.tables import State
from sandbox.world.images import picture_size

# Of a document that a bot sends; in this server also of one that a person sends.
MOST_BYTES = 50 * 2**20


class Files:
    """Files in the store; a file never changes and never goes."""

    def __init__(self, store: Store, state: State) -> None:
        self._store = store
        self._files = state.files

    def add(self, kind: str, name: str, content: bytes, mime_type: str | None = None) -> File:
        """Keep a file. `kind` is "photo", for a picture whose size can be read, or "document"."""
        picture = picture_size(content)
        mime_type = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        extension = mimetypes.guess_extension(mime_type) or ""
        added = File(
            file_id=("AgACAgI" if kind == "photo" else "BQACAgI") + secrets.token_urlsafe(36),
            file_unique_id="AQAD" + secrets.token_urlsafe(9),
            kind=kind,
            file_path=f"{kind}s/file_{len(self._files)}{extension}",
            name=name,
            mime_type=picture[0] if kind == "photo" and picture else mime_type,
            size=len(content),
            width=picture[1] if picture else 0,
            height=picture[2] if picture else 0,
        )
        self._files.save(added)
        self._store.put_bytes(added.file_id, content)
        return added

    def at(self, file_path: str) -> File | None:
        """A file by the path that getFile gives, or None."""
        return next((file for file in self._files.values() if file.file_path == file_path), None)

    def content(self, file: File) -> bytes:
        """The bytes of a file."""
        return self._store.get_bytes(file.file_id)
