"""People who type, tap and read, and the messages that they see."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.driving import Bot
    from tests.e2e.groups import Group

__all__ = ["Ballot", "Json", "Message", "Person", "Seat"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message as the app shows it. `labels` are the rows of its keyboard."""

    id: int
    text: str
    labels: list[list[str]]
    raw: Json

    @classmethod
    def of(cls, raw: Json) -> Message:
        return cls(raw["message_id"], raw["text"], raw["labels"], raw)

    @property
    def buttons(self) -> list[str]:
        """All labels."""
        return list(itertools.chain(*self.labels))

    @property
    def head(self) -> str:
        """The film of a card: its first line, "Heat (1995)"."""
        return self.text.partition("\n")[0]

    @property
    def films(self) -> list[str]:
        """The films of a list: "1. Heat (1995) · 4.2★" is one, without its number and what follows."""
        lines = [line for line in self.text.splitlines() if line.partition(". ")[0].isdecimal()]
        return [line.partition(". ")[2].partition(" · ")[0] for line in lines]

    def data(self, label: str) -> str:
        """What the button of this label carries."""
        buttons = itertools.chain(*self.raw["keyboard"])
        return next(str(button["callback_data"]) for button in buttons if button["label"] == label)

    def url(self, label: str) -> str:
        """Where the button of this label leads."""
        buttons = itertools.chain(*self.raw["keyboard"])
        return next(str(button["url"]) for button in buttons if button["label"] == label)

    @property
    def notice(self) -> str | None:
        """The words of a service message: "Ada added Matinee"."""
        words: str | None = self.raw["notice"]
        return words

    @property
    def poll(self) -> Ballot:
        """The poll of the message, which must be one."""
        return Ballot(self.raw["poll"])


@dataclass(frozen=True)
class Ballot:
    """A poll as the app shows it."""

    raw: Json

    @property
    def question(self) -> str:
        return str(self.raw["question"])

    @property
    def options(self) -> list[str]:
        """The texts of the options, in order."""
        return [option["text"] for option in self.raw["options"]]

    @property
    def closed(self) -> bool:
        return bool(self.raw["is_closed"])

    @property
    def votes(self) -> dict[str, int]:
        """How many chose each option that anybody chose."""
        return {option["text"]: option["votes"] for option in self.raw["options"] if option["votes"]}

    def voters(self, option: str) -> list[int]:
        """The ids of those who chose an option."""
        return next(list(found["voters"]) for found in self.raw["options"] if found["text"] == option)


class Seat:
    """Somebody in a chat. `send` and `tap` return once the bot has come to rest."""

    def __init__(
        self, bot: Bot, person_id: int, chat_id: int | None = None, thread_id: int | None = None
    ) -> None:
        self.bot = bot
        self.id = person_id
        self.chat_id = person_id if chat_id is None else chat_id
        self.thread_id = thread_id
        self._telegram = bot.telegram

    def act(self, path: str, **body: Any) -> Json:
        """Do something in the chat, as the control API has it, and don't wait."""
        done: Json = self._telegram.post(f"/chats/{self.chat_id}{path}", person_id=self.id, **body)
        return done

    def write(self, text: str, reply_to: Message | None = None) -> Json:
        """Send a message, and don't wait; `message_id` and `update_id`."""
        where = {} if self.thread_id is None else {"thread_id": self.thread_id}
        where |= {} if reply_to is None else {"reply_to": reply_to.id}
        return self.act("/messages", text=text, **where)

    def say(self, text: str, reply_to: Message | None = None) -> list[Message]:
        """Send a message; all answers to it."""
        sent = self.write(text, reply_to)["message_id"]
        self.bot.settle()
        return [message for message in self.messages() if message.id > sent]

    def send(self, text: str, reply_to: Message | None = None) -> Message:
        """Send a message; the one answer to it."""
        answers = self.say(text, reply_to)
        assert len(answers) == 1, answers
        return answers[0]

    def press(self, label: str, on: Message | None = None) -> Json:
        """Tap a button, of the newest message that has it or of the one given, and don't wait."""
        where = {} if on is None else {"message_id": on.id}
        return self.act("/taps", label=label, **where)

    def follow(self, url: str, group: Group | None = None) -> list[Message]:
        """Open a t.me link of the bot, and press Start; all answers, in private or in the group it names."""
        where = {} if group is None else {"chat_id": group.id}
        sent = self._telegram.post(f"/people/{self.id}/links", url=url, **where)
        self.bot.settle()
        return [m for m in Seat(self.bot, self.id, sent["chat_id"]).messages() if m.id > sent["message_id"]]

    def open(self, label: str, on: Message | None = None) -> list[Message]:
        """Tap a button that leads to the bot, by its own link or by that of the answer; all answers there."""
        pressed = self.press(label, on)
        self.bot.settle()
        if "url" in pressed:
            return self.follow(pressed["url"])
        return self.follow(self._telegram.get(f"/queries/{pressed['query_id']}")["answer"]["url"])

    def press_data(self, data: str, on: Message) -> Json:
        """Tap a button that a keyboard no longer has, or never had, and don't wait."""
        return self.act("/taps", data=data, message_id=on.id)

    def tap(self, label: str, on: Message | None = None) -> str:
        """Tap a button; the toast."""
        return self.toast(self.press(label, on))

    def tap_data(self, data: str, on: Message) -> str:
        """Tap such a button; the toast."""
        return self.toast(self.press_data(data, on))

    def toast(self, query: Json) -> str:
        """What a tap was answered with; "" for an answer without words. Waits for the bot to rest."""
        self.bot.settle()
        answer = self._telegram.get(f"/queries/{query['query_id']}")["answer"]
        assert answer is not None, f"the tap {query['data']} was not answered"
        return str(answer["text"])

    def messages(self) -> list[Message]:
        """All messages of the chat, or of the topic, oldest first."""
        everything = [Message.of(raw) for raw in self.transcript()["messages"]]
        return [message for message in everything if self.thread_id in (None, message.raw["thread_id"])]

    def transcript(self) -> Json:
        """All that the chat shows this person."""
        shown: Json = self._telegram.get(f"/chats/{self.chat_id}", **{"as": self.id})
        return shown

    def last(self) -> Message:
        """The newest message."""
        return self.messages()[-1]

    def again(self, message: Message) -> Message:
        """A message as it is by now."""
        return next(found for found in self.messages() if found.id == message.id)


class Person(Seat):
    """Somebody's private chat with the bot."""

    def send_raw(self, **content: Any) -> Message:
        """A message that holds something else than text, as Telegram would deliver it; the one answer."""
        before = self.last().id
        world = self._telegram.world
        sender = {"id": self.id, "is_bot": False, "first_name": "Somebody", "language_code": "en"}
        chat = {"id": self.id, "type": "private", "first_name": "Somebody"}
        body = {"message_id": 10**6, "date": int(time.time()), "from": sender, "chat": chat, **content}
        self._telegram.on_loop(lambda: world.updates.add("message", body))
        self.bot.settle()
        (answer,) = [message for message in self.messages() if message.id > before]
        return answer

    def block(self) -> None:
        """Block the bot."""
        self._telegram.post(f"/chats/{self.id}/block")

    def unblock(self) -> None:
        """Let it write again."""
        self._telegram.post(f"/chats/{self.id}/unblock")

    def begin(self) -> Message:
        """/start and Skip: the first card."""
        questionnaire = self.send("/start")
        self.tap("Skip")
        return self.again(questionnaire)

    def join(self, *stars: int) -> Message:
        """/start, Skip, these stars on the first cards, five or more: the first list."""
        self.begin()
        for count in stars:
            self.tap(f"{count}★")
        return self.last()

    def history(self) -> dict[str, str]:
        """All that /history lists, "Heat (1995)" → "4★"; fails on a film that comes twice."""
        page = self.send("/history")
        found: dict[str, str] = {}
        while page.labels:
            for line in page.text.splitlines()[2:]:
                film, _, stars = line.partition(". ")[2].rpartition(" ")
                assert film not in found, f"{film} is in the history twice"
                found[film] = stars
            if "Older" not in page.buttons:
                break
            self.tap("Older", page)
            page = self.again(page)
        return found
