"""A group and its topics, and what a member does there.

group = bot.group("Movie night", ada, grace)      # Ada made it; Grace and the bot are in it
board = group[ada].send("/night")
assert group[grace].tap("Join") == "You are in"   # the toast, which Grace alone sees
group[grace].vote("Heat (1995)")
assert group.poll().voters("Heat (1995)") == [grace.id]
new = group.upgrade()                             # the same people in a supergroup
horror = new.topic("Horror", ada)                 # of a forum; horror[ada].send("/night")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.people import Ballot, Json, Message, Seat

if TYPE_CHECKING:
    from tests.e2e.driving import Bot

__all__ = ["Group", "Member", "Topic"]


class Group:
    """A group or supergroup, as one sees it who is in it."""

    thread_id: int | None = None

    def __init__(self, bot: Bot, chat_id: int) -> None:
        self.bot = bot
        self.id = chat_id
        self._telegram = bot.telegram

    def __getitem__(self, person: Seat) -> Member:
        """A person's place in the group, or in the topic."""
        return Member(self, person)

    def messages(self) -> list[Message]:
        """All messages, or those of the topic, oldest first, service messages included."""
        shown = self._telegram.get(f"/chats/{self.id}")["messages"]
        return [Message.of(raw) for raw in shown if self.thread_id in (None, raw["thread_id"])]

    def last(self) -> Message:
        """The newest message."""
        return self.messages()[-1]

    def again(self, message: Message) -> Message:
        """A message as it is by now."""
        return next(found for found in self.messages() if found.id == message.id)

    def polls(self) -> list[Message]:
        """The messages that are polls, oldest first."""
        return [message for message in self.messages() if message.raw["poll"]]

    def poll(self) -> Ballot:
        """The newest poll."""
        return self.polls()[-1].poll

    def end_poll(self, on: Message | None = None) -> Ballot:
        """Let the time of the newest poll, or of the one given, be over; the poll."""
        ended = self._telegram.post(
            f"/chats/{self.id}/polls/end", **({} if on is None else {"message_id": on.id})
        )
        self.bot.settle()
        return Ballot(ended)

    def statuses(self) -> dict[int, str]:
        """Everybody who is or was in the group, the bot included: "creator", "administrator", "left" …"""
        return {member["person_id"]: member["status"] for member in self.raw()["members"]}

    def raw(self) -> Json:
        """The group as the control API describes it."""
        groups: list[Json] = self._telegram.get("/groups")
        return next(group for group in groups if group["chat_id"] == self.id)

    def set_bot(self, status: str, by: Seat) -> None:
        """Somebody adds ("member"), promotes ("administrator") or removes ("kicked", "left") the bot."""
        bot_id = self._telegram.get("/bot")["bot_id"]
        self._change("/members", person_id=bot_id, status=status, by=by.id)

    def permit(self, **permissions: bool) -> None:
        """Change what plain members may do: can_send_messages, can_send_polls."""
        self._change("/permissions", **permissions)

    def limit(self, sends_per_minute: int | None) -> None:
        """Let the bot meet a 429 above so many new messages a minute."""
        self._change("/limit", sends_per_minute=sends_per_minute)

    def upgrade(self, *, new_first: bool = False, is_forum: bool = False, joins: bool = False) -> Group:
        """The group becomes a supergroup, which is returned; either service message can come first.

        With `joins`, as on Telegram, the bot also hears that it became a member of the new chat.
        """
        how = {"new_first": new_first, "is_forum": is_forum, "joins": joins}
        made = self._telegram.post(f"/chats/{self.id}/upgrade", **how)
        self.bot.settle()
        return Group(self.bot, made["chat_id"])

    def topic(self, name: str, by: Seat) -> Topic:
        """Somebody opens a topic of the forum."""
        made = self._telegram.post(f"/chats/{self.id}/topics", name=name, person_id=by.id)
        self.bot.settle()
        return Topic(self.bot, self.id, made["thread_id"])

    def delete(self, message: Message) -> None:
        """An administrator takes a message away, of which the bot is not told."""
        self._telegram.delete(f"/chats/{self.id}/messages/{message.id}")

    def _change(self, path: str, **body: Any) -> None:
        self._telegram.post(f"/chats/{self.id}{path}", **body)
        self.bot.settle()


class Topic(Group):
    """A topic of a forum."""

    def __init__(self, bot: Bot, chat_id: int, thread_id: int) -> None:
        super().__init__(bot, chat_id)
        self.thread_id = thread_id

    def close(self, by: Seat) -> None:
        """From now on only administrators write there."""
        self._change(f"/topics/{self.thread_id}", person_id=by.id)

    def vanish(self) -> None:
        """The topic is deleted, of which the bot is not told."""
        self._telegram.delete(f"/chats/{self.id}/topics/{self.thread_id}")


class Member(Seat):
    """A person in a group. All that a `Seat` does happens there, and as them."""

    def __init__(self, group: Group, person: Seat) -> None:
        super().__init__(group.bot, person.id, group.id, group.thread_id)

    def cast(self, *options: str, on: Message | None = None) -> Ballot:
        """Choose these options, by their texts, in the newest poll or in the one given, and don't wait."""
        where = {} if on is None else {"message_id": on.id}
        return Ballot(self.act("/votes", options=options, **where))

    def vote(self, *options: str, on: Message | None = None) -> Ballot:
        """Choose these options in place of a former choice; the poll. Waits for the bot to rest."""
        cast = self.cast(*options, on=on)
        self.bot.settle()
        return cast

    def say_as_group(self, text: str) -> list[Message]:
        """Write in the name of the group, as an administrator who is anonymous; all answers to it."""
        where = {} if self.thread_id is None else {"thread_id": self.thread_id}
        sent = self.act("/messages", text=text, anonymous=True, **where)["message_id"]
        self.bot.settle()
        return [message for message in self.messages() if message.id > sent]

    def retract(self, on: Message | None = None) -> Ballot:
        """Take the vote back; the poll. Waits for the bot to rest."""
        return self.vote(on=on)

    def join(self) -> None:
        """Come into the group."""
        self._make(self, "member")

    def leave(self) -> None:
        """Go out of the group."""
        self._make(self, "left")

    def add(self, person: Seat) -> None:
        """Bring somebody into the group."""
        self._make(person, "member")

    def promote(self, person: Seat) -> None:
        """Make somebody an administrator."""
        self._make(person, "administrator")

    def demote(self, person: Seat) -> None:
        """Make an administrator a plain member."""
        self._make(person, "member")

    def kick(self, person: Seat) -> None:
        """Throw somebody out."""
        self._make(person, "kicked")

    def _make(self, person: Seat, status: str) -> None:
        where = f"/chats/{self.chat_id}/members"
        self._telegram.post(where, person_id=person.id, status=status, by=self.id)
        self.bot.settle()
