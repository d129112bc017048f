"""What the world is made of: plain records, each of which is one JSON document in the store."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Person:
    """Somebody who writes to the bot. `person_id` is also the id of the private chat, as on Telegram."""

    person_id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str = "en"
    started: bool = False  # has written to the bot once; before that the bot may not write
    blocked: bool = False


@dataclass
class Chat:
    """A private chat, a group or a supergroup. `version` counts all that a reader could notice."""

    chat_id: int
    type: str = "private"
    version: int = 0
    typing_until: float = 0.0  # Unix time at which the bot's chat action fades
    title: str | None = None  # of a group
    is_forum: bool = False  # a supergroup with topics
    forbidden: list[str] = field(default_factory=list)  # what plain members may not do: "can_send_polls"
    sends_per_minute: int | None = None  # of the bot, before it meets a 429; None for no limit
    migrated_to: int | None = None
    migrated_from: int | None = None
    last_message_id: int = 0  # of a supergroup, which counts its messages by itself


@dataclass
class Member:
    """Somebody, perhaps the bot, in a group: "creator", "administrator", "member", "left" or "kicked"."""

    chat_id: int
    person_id: int
    status: str

    @property
    def present(self) -> bool:
        """Whether they are in the group."""
        return self.status not in ("left", "kicked")

    @property
    def governs(self) -> bool:
        """Whether they are an administrator, or the creator."""
        return self.status in ("creator", "administrator")


@dataclass
class Topic:
    """A topic of a forum; `thread_id` is the id of the service message that opened it."""

    chat_id: int
    thread_id: int
    name: str
    icon_color: int
    closed: bool = False


@dataclass(frozen=True)
class File:
    """A file that was sent: a "photo" or a "document". Width and height are 0 for what is no picture."""

    file_id: str
    file_unique_id: str
    kind: str
    file_path: str
    name: str
    mime_type: str
    size: int
    width: int
    height: int


@dataclass
class Message:
    """A message of the bot or of a person. `version` is the chat's at the message's last change.

    With a `file_id` it is a photo or a document, and `text` and `entities` are its caption's.
    """

    message_id: int
    chat_id: int
    sender_id: int
    date: int
    text: str
    file_id: str | None = None
    entities: list[Json] = field(default_factory=list)
    reply_markup: Json | None = None
    link_preview_options: Json | None = None
    reply_to: int | None = None
    thread_id: int | None = None  # of a topic, or of a thread of replies elsewhere in a supergroup
    poll_id: str | None = None
    service: Json | None = None  # of a service message: its field in the Bot API's Message
    protected: bool = False
    anonymous: bool = False  # of an administrator who writes as the group
    edit_date: int | None = None
    edits: int = 0
    version: int = 0


@dataclass
class Poll:
    """A poll of the bot, and who voted for what."""

    poll_id: str
    chat_id: int
    message_id: int
    question: str
    options: list[str]
    is_anonymous: bool
    allows_multiple_answers: bool
    allows_revoting: bool
    open_period: int | None = None  # seconds
    close_date: int | None = None  # Unix time
    is_closed: bool = False
    description: str = ""
    description_entities: list[Json] = field(default_factory=list)
    votes: dict[str, list[int]] = field(default_factory=dict)  # person id → option ids, in order of voting


@dataclass
class Query:
    """A tap on a button with callback data, and what the bot answered to it."""

    query_id: str
    person_id: int
    chat_id: int
    message_id: int
    data: str
    time: float
    expired: bool = False
    answer: Json | None = None  # text, show_alert, url, cache_time, time


@dataclass
class Call:
    """One call of the bot, without the token. `verdict` is "valid", or what breaks the specification.

    `fault` is the kind of the fault that it met on command, if it met one.
    """

    number: int
    method: str
    params: Json
    verdict: str
    ok: bool
    error_code: int | None
    description: str | None
    time: float
    chat_id: int | None
    fault: str | None = None
