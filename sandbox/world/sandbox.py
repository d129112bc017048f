"""The local Telegram as one object: builds what it owns, and hands each part what it uses."""

import secrets
from collections import deque
from pathlib import Path

from sandbox.state.changes import Changes
from sandbox.state.records import Call, Person
from sandbox.state.store import Store
from sandbox.state.tables import State
from sandbox.world.chats import Chats
from sandbox.world.faults import Faults
from sandbox.world.files import Files
from sandbox.world.groups import Groups
from sandbox.world.menus import Menus
from sandbox.world.people import People
from sandbox.world.polls import Polls
from sandbox.world.queries import Queries
from sandbox.world.topics import Topics
from sandbox.world.updates import UpdateQueue

_CALLS_KEPT = 5000


class Sandbox:
    """The world that one bot and several people share. `token` names the bot: "<bot id>:<secret>".

    With `path` it is kept in a sqlite3 file: chats, unconfirmed updates and open queries survive a restart;
    `calls`, the log of the bot's calls, and armed faults do not. All of it belongs to one event loop;
    `changes` announces what happens. Raises ValueError if the token is not of Telegram's form.
    """

    def __init__(
        self,
        token: str,
        *,
        bot_username: str = "matinee_bot",
        bot_name: str = "Matinee",
        path: Path | None = None,
    ) -> None:
        number, _, secret = token.partition(":")
        if not (number.isdecimal() and secret):
            raise ValueError("the token must look like 123456:secret")
        self._token = token
        self._store = Store(path)
        self.bot = Person(int(number), bot_name, username=bot_username)
        self.state = State(self._store, self.bot)
        self.changes = Changes()
        self.calls: deque[Call] = deque(maxlen=_CALLS_KEPT)
        self.faults = Faults(self.changes)
        self.updates = UpdateQueue(self._store, self.changes)
        self.files = Files(self._store, self.state)
        self.chats = Chats(self._store, self.state, self.changes)
        self.menus = Menus(self._store, self.state, self.chats)
        self.groups = Groups(self.state, self.chats, self.updates)
        self.topics = Topics(self.state, self.chats, self.groups)
        self.people = People(self.state, self.chats, self.groups, self.files, self.updates)
        self.polls = Polls(self.state, self.chats, self.updates)
        self.queries = Queries(self.state, self.chats, self.updates)
        if not self.state.people:
            # One id is above 2**31, as those of most new accounts are, one below.
            self.people.add("Ada", 5_170_394_001, username="ada_l")
            self.people.add("Grace", 806_132_947, username="grace_h")

    def has_token(self, token: str) -> bool:
        """Whether this is the bot's token."""
        return secrets.compare_digest(token.encode(), self._token.encode())

    def close(self) -> None:
        """Close the file. The world cannot be used afterwards."""
        self.changes.close()
        self._store.close()
