"""What people see before they write: command menus by scope and language, descriptions by language."""

from sandbox.state.records import Chat, Json, Person
from sandbox.state.store import Store
from sandbox.state.tables import State
from sandbox.world.chats import Chats


class Menus:
    """Menus and descriptions as the bot sets them. A scope is written "chat:7" or "all_group_chats"."""

    def __init__(self, store: Store, state: State, chats: Chats) -> None:
        self._store = store
        self._state = state
        self._chats = chats

    def set_commands(self, scope: str, language: str, commands: list[Json]) -> None:
        """Replace the menu of a scope and language."""
        self._store.put("commands", f"{scope}/{language}", commands)
        self._announce()

    def commands(self, scope: str, language: str) -> list[Json]:
        """The menu of exactly this scope and language."""
        return list(self._store.get("commands", f"{scope}/{language}") or [])

    def delete_commands(self, scope: str, language: str) -> None:
        """Take the menu of a scope and language away, so that the wider scope's shows."""
        self._store.delete("commands", f"{scope}/{language}")
        self._announce()

    def commands_for(self, person: Person, chat: Chat) -> list[Json]:
        """A person's menu in a chat: the narrowest scope's that has one, in their language if it can."""
        for scope in self._scopes(person, chat):
            for language in (person.language_code[:2], ""):
                if commands := self.commands(scope, language):
                    return commands
        return []

    def set_description(self, kind: str, language: str, text: str) -> None:
        """Set a "description", of the empty chat, or "short_description", of the bot's profile."""
        self._store.put(kind, language, text)
        self._announce()

    def description(self, kind: str, language: str) -> str:
        """Such a text in this language, else the general one."""
        return str(self._store.get(kind, language) or self._store.get(kind, "") or "")

    def _announce(self) -> None:
        """Menus and descriptions show in every chat."""
        for chat_id in self._state.chats:
            self._chats.touch(chat_id)

    def _scopes(self, person: Person, chat: Chat) -> list[str]:
        """The scopes that hold for somebody in a chat, narrowest first, in the Bot API's order."""
        if chat.type == "private":
            return [f"chat:{chat.chat_id}", "all_private_chats", "default"]
        governs = self._state.member(chat.chat_id, person.person_id).governs
        scopes = [f"chat_member:{chat.chat_id}:{person.person_id}"]
        scopes += [f"chat_administrators:{chat.chat_id}"] if governs else []
        scopes += [f"chat:{chat.chat_id}"]
        return scopes + (["all_chat_administrators"] if governs else []) + ["all_group_chats", "default"]
