"""Groups: who is in them, what they forbid, and the upgrade to a supergroup."""

import secrets
from typing import Any

from sandbox.errors import ControlError
from sandbox.state.objects import member_change_object, message_object, user_object
from sandbox.state.records import Chat, Json, Member
from sandbox.state.tables import State
from sandbox.world.chats import Chats
from sandbox.world.updates import UpdateQueue

_TYPES = ("group", "supergroup")
_STATUSES = ("administrator", "member", "left", "kicked")
_PERMISSIONS = ("can_send_messages", "can_send_polls")


class Groups:
    """What people do with a group as a whole, and how the bot hears of it."""

    def __init__(self, state: State, chats: Chats, updates: UpdateQueue) -> None:
        self._state = state
        self._chats = chats
        self._updates = updates

    def add(self, title: str, creator_id: int, *, kind: str = "group", is_forum: bool = False) -> Chat:
        """A person makes a group. A forum, which has topics, is a supergroup. Raises ControlError."""
        self._state.person(creator_id)
        if not title.strip():
            raise ControlError(400, "a group has a title")
        if kind not in _TYPES:
            raise ControlError(400, f'"type" must be one of {_TYPES}')
        chat = self._new_chat("supergroup" if is_forum else kind, title.strip(), is_forum=is_forum)
        self._save_member(Member(chat.chat_id, creator_id, "creator"))
        created = {f"{chat.type}_chat_created": True}
        self._chats.add_message(chat.chat_id, creator_id, "", service=created)
        return chat

    def set_member(self, chat_id: int, person_id: int, status: str, by: int | None = None) -> Member:
        """Somebody joins, is added, promoted, demoted or removed, or leaves; `by` is who does it.

        Without `by` they do it themselves. The bot hears of itself by my_chat_member, of others by
        chat_member where it is an administrator, and by service messages. Raises ControlError.
        """
        self._state.current_group(chat_id)
        by = person_id if by is None else by
        if status not in _STATUSES:
            raise ControlError(400, f'"status" must be one of {_STATUSES}')
        for somebody in {person_id, by} - {self._state.bot.person_id}:
            self._state.person(somebody)
        before = self._state.member(chat_id, person_id)
        if by == person_id and before.status == "kicked" and status != "left":
            raise ControlError(409, "whoever was kicked has to be added by somebody")
        after = Member(chat_id, person_id, status)
        if after == before:
            return before
        self._save_member(after)
        self._report_member(before, after, by)
        if before.present != after.present:
            user = user_object(self._state, person_id)
            service = {"new_chat_members": [user]} if after.present else {"left_chat_member": user}
            self.add_service_message(chat_id, by, service, about=person_id)
        return after

    def add_service_message(
        self, chat_id: int, by: int, service: Json, about: int | None = None, thread_id: int | None = None
    ) -> None:
        """Add a service message; the bot gets it if it is in the group, or was until this very message."""
        message = self._chats.add_message(chat_id, by, "", service=service, thread_id=thread_id)
        if about == self._state.bot.person_id or self._state.bot_member(chat_id).present:
            self._updates.add("message", message_object(self._state, message))

    def forbid(self, chat_id: int, permissions: dict[str, bool]) -> Chat:
        """Change what plain members may do, of "can_send_messages" and "can_send_polls"."""
        chat = self._state.current_group(chat_id)
        if unknown := set(permissions) - set(_PERMISSIONS):
            raise ControlError(400, f"unknown permissions: {sorted(unknown)}", known=_PERMISSIONS)
        changed = {name: name not in chat.forbidden for name in _PERMISSIONS} | permissions
        chat.forbidden = [name for name, allowed in changed.items() if not allowed]
        self._chats.touch(chat_id)
        return chat

    def limit(self, chat_id: int, sends_per_minute: int | None) -> Chat:
        """Let the bot meet a 429 above so many messages a minute; None: never. Telegram has 20."""
        chat = self._state.current_group(chat_id)
        chat.sends_per_minute = sends_per_minute
        self._chats.touch(chat_id)
        return chat

    def upgrade(
        self, chat_id: int, *, new_first: bool = False, is_forum: bool = False, joins: bool = False
    ) -> Chat:
        """A group becomes a supergroup under a new id; the bot gets a service message in each.

        The old chat's comes first, or else the new one's. With `joins` the bot hears before the new one's
        that it became a member there, as on Telegram (tdlib/telegram-bot-api #266); it never hears that it
        left the old chat. Returns the new chat. Raises ControlError.
        """
        old = self._state.current_group(chat_id)
        if old.type != "group":
            raise ControlError(409, "this is a supergroup already")
        title, forbidden = old.title or "", [*old.forbidden]
        new = self._new_chat(
            "supergroup", title, is_forum=is_forum, migrated_from=chat_id, forbidden=forbidden
        )
        members = self._state.members_of(chat_id)
        for member in members:
            self._save_member(Member(new.chat_id, member.person_id, member.status))
        creator = next((m.person_id for m in members if m.status == "creator"), members[0].person_id)
        services = [
            (chat_id, {"migrate_to_chat_id": new.chat_id}),
            (new.chat_id, {"migrate_from_chat_id": chat_id}),
        ]
        for place, service in reversed(services) if new_first else services:
            bot = self._state.bot_member(place)
            if joins and place == new.chat_id and bot.present:
                self._report_member(Member(place, bot.person_id, "left"), bot, creator)
            self.add_service_message(place, creator, service)
        old.migrated_to = new.chat_id
        self._chats.touch(chat_id)
        return new

    def _new_chat(self, kind: str, title: str, **fields: Any) -> Chat:
        low = 10**12 if kind == "supergroup" else 0
        chat_id = -(low + 1_000_000_000 + secrets.randbelow(2_000_000_000))
        return self._chats.add(Chat(chat_id, kind, title=title, **fields))

    def _save_member(self, member: Member) -> None:
        self._state.members.save(member)
        self._chats.touch(member.chat_id)

    def _report_member(self, before: Member, after: Member, by: int) -> None:
        """Let the bot know of a change, if it is about itself or if it is an administrator."""
        about_bot = after.person_id == self._state.bot.person_id
        if not about_bot and not self._state.bot_member(after.chat_id).governs:
            return
        change = member_change_object(self._state, before, after, by)
        self._updates.add("my_chat_member" if about_bot else "chat_member", change)
