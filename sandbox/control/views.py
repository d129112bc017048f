"""What the control API gives and the page shows, as plain JSON: people, groups, transcripts, polls, taps."""

import time
from dataclasses import asdict
from urllib.parse import urlsplit

from sandbox.control.service_messages import service_text
from sandbox.state.records import Chat, Json, Message, Person, Poll, Query
from sandbox.state.tables import State
from sandbox.text.entities import covered
from sandbox.world import Sandbox

_TAP = ("query_id", "message_id", "data")
_TOAST = ("text", "show_alert", "url")
_TOASTS_KEPT = 20


def person_view(state: State, person: Person) -> Json:
    """A person, and the version of the chat with the bot."""
    return asdict(person) | {"chat_id": person.person_id, "version": state.chats[person.person_id].version}


def query_view(sandbox: Sandbox, query: Query) -> Json:
    """A tap, and what came of it; `open` says whether the bot can still answer."""
    return asdict(query) | {"open": query.answer is None and sandbox.queries.is_open(query)}


def group_view(state: State, chat: Chat) -> Json:
    """A group: what it is, who is in it, its topics."""
    return _without(chat, "typing_until", "last_message_id") | {
        "members": [
            {"person_id": m.person_id, "status": m.status, "is_bot": m.person_id == state.bot.person_id}
            for m in state.members_of(chat.chat_id)
        ],
        "topics": [asdict(topic) for topic in state.topics_of(chat.chat_id)],
    }


def transcript(sandbox: Sandbox, chat_id: int, limit: int | None = None, viewer: int | None = None) -> Json:
    """All that the chat shows, oldest first; `limit` keeps the newest messages.

    `viewer` is the person whose taps, toasts and commands of a group it has; in a private chat, its own.
    """
    state = sandbox.state
    chat = state.chats[chat_id]
    private = state.people[chat_id] if chat.type == "private" else None
    viewer = chat_id if private else viewer
    person = state.people[viewer] if viewer is not None else None
    messages = state.messages_of(chat_id)
    if limit is not None:
        messages = messages[max(len(messages) - limit, 0) :]
    return {
        "chat_id": chat_id,
        "type": chat.type,
        "version": chat.version,
        "typing_seconds": max(round(chat.typing_until - time.time(), 3), 0.0),
        "blocked": private is not None and private.blocked,
        "started": private is None or private.started,
        "commands": sandbox.menus.commands_for(person, chat) if person else [],
        "description": sandbox.menus.description("description", private.language_code[:2]) if private else "",
        "messages": [_message_view(state, message, viewer) for message in messages],
        **_taps(sandbox, chat_id, viewer),
        **({} if private else group_view(state, chat)),
    }


def poll_view(poll: Poll, viewer: int | None = None) -> Json:
    """A poll with its voters, whom an anonymous one hides; `chosen` is what the viewer voted for."""
    voters = [[int(v) for v, chosen in poll.votes.items() if i in chosen] for i in range(len(poll.options))]
    return _without(poll, "votes", "open_period", "description_entities") | {
        "options": [
            {"text": text, "votes": len(voters[i]), "voters": [] if poll.is_anonymous else voters[i]}
            for i, text in enumerate(poll.options)
        ],
        "voters": len(poll.votes),
        "chosen": [poll.options[index] for index in poll.votes.get(str(viewer), [])],
    }


def _without(record: Chat | Message | Poll, *hidden: str) -> Json:
    """A record as it is, but for these fields."""
    return {name: value for name, value in asdict(record).items() if name not in hidden}


def _taps(sandbox: Sandbox, chat_id: int, viewer: int | None) -> Json:
    """Which buttons spin, and the newest toasts: of everybody, or of the viewer alone."""
    queries = [
        query
        for query in sandbox.state.queries.values()
        if query.chat_id == chat_id and viewer in (None, query.person_id)
    ]
    waiting = [query for query in queries if query.answer is None and sandbox.queries.is_open(query)]
    toasts = [(q, q.answer) for q in queries if q.answer and (q.answer["text"] or q.answer["url"])]
    return {
        "taps_waiting": [{name: getattr(query, name) for name in _TAP} for query in waiting],
        "toasts": [
            {"query_id": query.query_id} | {name: answer[name] for name in _TOAST}
            for query, answer in toasts[-_TOASTS_KEPT:]
        ],
    }


def _message_view(state: State, message: Message, viewer: int | None) -> Json:
    keyboard = (message.reply_markup or {}).get("inline_keyboard", [])
    hidden = (
        "file_id",
        "reply_markup",
        "link_preview_options",
        "poll_id",
        "service",
        "protected",
        "anonymous",
    )
    return _without(message, *hidden) | {
        "from": "bot" if message.sender_id == state.bot.person_id else "person",
        "keyboard": [
            [{"label": b["text"], **{k: v for k, v in b.items() if k != "text"}} for b in row]
            for row in keyboard
        ],
        "labels": [[button["text"] for button in row] for row in keyboard],
        "link_preview": None if message.file_id else _link_preview(message),
        "file": _file_view(state, message),
        "poll": poll_view(state.polls[message.poll_id], viewer) if message.poll_id else None,
        "notice": service_text(state, message) if message.service else None,
    }


def _file_view(state: State, message: Message) -> Json | None:
    """The photo or document of a message, and where the page gets it."""
    if message.file_id is None:
        return None
    return asdict(state.files[message.file_id]) | {"url": f"/control/files/{message.file_id}"}


def _link_preview(message: Message) -> Json | None:
    """The card that an app would draw for the link. Nothing is fetched: the title is the message's own."""
    options = message.link_preview_options or {}
    if options.get("is_disabled"):
        return None
    url = options.get("url") or next(filter(None, (_address(message, e) for e in message.entities)), None)
    if url is None:
        return None
    bold = next((covered(message.text, e) for e in message.entities if e["type"] == "bold"), None)
    linked = next((covered(message.text, e) for e in message.entities if e["type"] == "text_link"), None)
    address = urlsplit(url)
    return {
        "url": url,
        "host": (address.hostname or "").removeprefix("www."),
        "title": bold or linked or address.path.strip("/") or url,
        "size": "large" if options.get("prefer_large_media") else "small",
        "above_text": options.get("show_above_text", False),
    }


def _address(message: Message, entity: Json) -> str | None:
    """Where a link entity leads."""
    if entity["type"] == "text_link":
        return str(entity["url"])
    if entity["type"] != "url":
        return None
    written = covered(message.text, entity)
    return written if "://" in written else f"http://{written}"
