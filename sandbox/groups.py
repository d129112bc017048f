"""Groups: who is in them, what the bot is told of it, topics, and the upgrade to a supergroup."""

import secrets
import time
from typing import Any

from sandbox.errors import ControlError
from sandbox.objects import anybody, chat_object, member_object, message_object
from sandbox.records import Chat, Json, Member, Message, Topic
from sandbox.state import State

_TYPES = ("group", "supergroup")
_STATUSES = ("administrator", "member", "left", "kicked")
_PERMISSIONS = ("can_send_messages", "can_send_polls")
_ICON_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)


class Groups(State):
    """What people do with a group as a whole, and how the bot hears of it."""

    def add_group(self, title: str, creator_id: int, *, kind: str = "group", is_forum: bool = False) -> Chat:
        """A person makes a group. A forum, which has topics, is a supergroup. Raises ControlError."""
        self.person(creator_id)
        if not title.strip():
            raise ControlError(400, "a group has a title")
        if kind not in _TYPES:
            raise ControlError(400, f'"type" must be one of {_TYPES}')
        chat = self._new_group("supergroup" if is_forum else kind, title.strip(), is_forum=is_forum)
        self.save_member(Member(chat.chat_id, creator_id, "creator"))
        self.new_message(chat.chat_id, creator_id, "", service={f"{chat.type}_chat_created": True})
        return chat

    def _new_group(self, kind: str, title: str, **fields: Any) -> Chat:
        low = 10**12 if kind == "supergroup" else 0
        chat = Chat(-(low + 1_000_000_000 + secrets.randbelow(2_000_000_000)), kind, title=title, **fields)
        self.chats[chat.chat_id] = chat
        self.touch(chat.chat_id)
        return chat

    def groups(self) -> list[Chat]:
        """Every group and supergroup, older ones first."""
        return [chat for chat in self.chats.values() if chat.type != "private"]

    def set_member(self, chat_id: int, person_id: int, status: str, by: int | None = None) -> Member:
        """Somebody joins, is added, promoted, demoted or removed, or leaves; `by` is who does it.

        Without `by` they do it themselves. The bot hears of itself by my_chat_member, of others by
        chat_member where it is an administrator, and by service messages. Raises ControlError.
        """
        self._living_group(chat_id)
        by = person_id if by is None else by
        if status not in _STATUSES:
            raise ControlError(400, f'"status" must be one of {_STATUSES}')
        for somebody in {person_id, by} - {self.bot.person_id}:
            self.person(somebody)
        before = self.member(chat_id, person_id)
        if by == person_id and before.status == "kicked" and status != "left":
            raise ControlError(409, "whoever was kicked has to be added by somebody")
        after = Member(chat_id, person_id, status)
        if after == before:
            return before
        self.save_member(after)
        self._tell_of_member(before, after, by)
        if before.present != after.present:
            field = "new_chat_members" if after.present else "left_chat_member"
            user = anybody(self, person_id)
            self.serve_notice(chat_id, by, {field: [user] if after.present else user}, about=person_id)
        return after

    def _tell_of_member(self, before: Member, after: Member, by: int) -> None:
        about_bot = after.person_id == self.bot.person_id
        if not about_bot and not self.bot_member(after.chat_id).governs:
            return
        payload = {
            "chat": chat_object(self, self.chats[after.chat_id]),
            "from": anybody(self, by),
            "date": int(time.time()),
            "old_chat_member": member_object(self, before),
            "new_chat_member": member_object(self, after),
        }
        self.updates.add("my_chat_member" if about_bot else "chat_member", payload)

    def serve_notice(
        self, chat_id: int, by: int, service: Json, about: int | None = None, thread_id: int | None = None
    ) -> Message:
        """Add a service message; the bot gets it if it is in the group, or was until this very message."""
        message = self.new_message(chat_id, by, "", service=service, thread_id=thread_id)
        if about == self.bot.person_id or self.bot_member(chat_id).present:
            self.updates.add("message", message_object(self, message))
        return message

    def deliver(self, message: Message) -> int | None:
        """Hand a person's message to the bot, where it may see it; the update's id, or None.

        In a group, privacy mode shows the bot what is meant for it: commands, unless they name another
        bot, mentions, and replies to its messages. An administrator sees everything.
        """
        chat = self.chats[message.chat_id]
        if chat.type != "private":
            bot = self.bot_member(chat.chat_id)
            if not (bot.present and (bot.governs or self._means_bot(message))):
                return None
        return self.updates.add("message", message_object(self, message))

    def _means_bot(self, message: Message) -> bool:
        replied = self.messages.get((message.chat_id, message.reply_to or 0))
        if replied is not None and replied.sender_id == self.bot.person_id:
            return True
        name = f"@{self.bot.username}".lower()
        units = message.text.encode("utf-16-le")
        for entity in message.entities:
            start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            covered = units[start:end].decode("utf-16-le").lower()
            if entity["type"] == "mention" and covered == name:
                return True
            if entity["type"] == "bot_command" and start == 0 and covered.partition("@")[2] in ("", name[1:]):
                return True
        return False

    def forbid(self, chat_id: int, permissions: dict[str, bool]) -> Chat:
        """Change what plain members may do, of "can_send_messages" and "can_send_polls"."""
        chat = self._living_group(chat_id)
        if unknown := set(permissions) - set(_PERMISSIONS):
            raise ControlError(400, f"unknown permissions: {sorted(unknown)}", known=_PERMISSIONS)
        changed = {name: name not in chat.forbidden for name in _PERMISSIONS} | permissions
        chat.forbidden = [name for name, allowed in changed.items() if not allowed]
        self.touch(chat_id)
        return chat

    def limit(self, chat_id: int, sends_per_minute: int | None) -> Chat:
        """Let the bot meet a 429 above so many messages a minute; None: never. Telegram has 20."""
        chat = self._living_group(chat_id)
        chat.sends_per_minute = sends_per_minute
        self.touch(chat_id)
        return chat

    def add_topic(self, chat_id: int, name: str, by: int) -> Topic:
        """A member opens a topic of a forum. Raises ControlError."""
        chat = self._living_group(chat_id)
        if not chat.is_forum:
            raise ControlError(409, "only a forum has topics")
        if not 1 <= len(name) <= 128:
            raise ControlError(400, "a topic's name has 1 to 128 characters")
        self.seat(chat_id, by)
        color = _ICON_COLORS[len(self.topics) % len(_ICON_COLORS)]
        topic = Topic(chat_id, chat.last_message_id + 1, name, color)
        self.save_topic(topic)
        service = {"forum_topic_created": {"name": name, "icon_color": color}}
        self.serve_notice(chat_id, by, service, thread_id=topic.thread_id)
        return topic

    def close_topic(self, chat_id: int, thread_id: int, closed: bool, by: int) -> Topic:
        """Close a topic, so that only administrators write there, or reopen it."""
        topic = self.topic(chat_id, thread_id)
        if topic.closed != closed:
            topic.closed = closed
            self.save_topic(topic)
            field = "forum_topic_closed" if closed else "forum_topic_reopened"
            self.serve_notice(chat_id, by, {field: {}}, thread_id=thread_id)
        return topic

    def delete_topic(self, chat_id: int, thread_id: int) -> None:
        """A topic goes with all its messages; nobody tells the bot."""
        topic = self.topic(chat_id, thread_id)
        for message in self.chat_messages(chat_id):
            if message.thread_id == thread_id:
                self.delete_message(message)
        del self.topics[chat_id, topic.thread_id]
        self.store.delete("topic", f"{chat_id}:{thread_id}")
        self.touch(chat_id)

    def upgrade(
        self, chat_id: int, *, new_first: bool = False, is_forum: bool = False, joins: bool = False
    ) -> Chat:
        """A group becomes a supergroup under a new id; the bot gets a service message in each.

        The old chat's comes first, or else the new one's. With `joins` the bot hears before the new one's
        that it became a member there, as on Telegram (tdlib/telegram-bot-api #266); it never hears that it
        left the old chat. Returns the new chat. Raises ControlError.
        """
        old = self._living_group(chat_id)
        if old.type != "group":
            raise ControlError(409, "this is a supergroup already")
        new = self._new_group(
            "supergroup",
            old.title or "",
            is_forum=is_forum,
            migrated_from=chat_id,
            forbidden=[*old.forbidden],
        )
        members = [member for member in self.members.values() if member.chat_id == chat_id]
        for member in members:
            self.save_member(Member(new.chat_id, member.person_id, member.status))
        creator = next((m.person_id for m in members if m.status == "creator"), members[0].person_id)
        notices = [
            (chat_id, {"migrate_to_chat_id": new.chat_id}),
            (new.chat_id, {"migrate_from_chat_id": chat_id}),
        ]
        for where, service in reversed(notices) if new_first else notices:
            bot = self.bot_member(where)
            if joins and where == new.chat_id and bot.present:
                self._tell_of_member(Member(where, bot.person_id, "left"), bot, creator)
            self.serve_notice(where, creator, service)
        old.migrated_to = new.chat_id
        self.touch(chat_id)
        return new

    def thread_of_reply(self, chat: Chat, replied: Message | None) -> int | None:
        """The thread of an answer to a message: its topic; elsewhere in a supergroup, a thread of replies."""
        if chat.type != "supergroup" or replied is None:
            return None
        return replied.thread_id or replied.message_id

    def topic(self, chat_id: int, thread_id: int) -> Topic:
        """Raises ControlError 404 for none, with those that there are."""
        if (chat_id, thread_id) not in self.topics:
            known = [topic.thread_id for topic in self.topics.values() if topic.chat_id == chat_id]
            raise ControlError(404, f"there is no topic {thread_id}", topics=known)
        return self.topics[chat_id, thread_id]

    def seat(self, chat_id: int, person_id: int) -> Member:
        """A person's place in a group that they are in. Raises ControlError 404 or 409."""
        person, member = self.person(person_id), self.member(chat_id, person_id)
        if not member.present:
            raise ControlError(409, f"{person.first_name} is not in this group")
        return member

    def _living_group(self, chat_id: int) -> Chat:
        chat = self.group(chat_id)
        if chat.migrated_to is not None:
            raise ControlError(409, "this group became a supergroup", migrated_to=chat.migrated_to)
        return chat
