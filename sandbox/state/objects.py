"""Records as the Bot API's objects: User, Chat, ChatMember, Message, Poll."""

import time

from sandbox.state.records import Chat, Json, Member, Message, Person, Poll
from sandbox.state.tables import State

# Of every administrator.
_RIGHTS = {
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": True,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_pin_messages": True,
}

# Whom the Bot API names as the sender of an administrator's message in the name of the group.
_ANONYMOUS = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


def user_object(state: State, person_id: int) -> Json:
    """A person, or the bot, as a User."""
    if person_id == state.bot.person_id:
        return {"id": person_id, "is_bot": True, **_names(state.bot)}
    person = state.people[person_id]
    return {"id": person_id, "is_bot": False, **_names(person), "language_code": person.language_code}


def chat_object(state: State, chat: Chat) -> Json:
    """A chat as a Chat; a private one bears the person's names."""
    described: Json = {"id": chat.chat_id, "type": chat.type}
    if chat.type == "private":
        return described | _names(state.people[chat.chat_id])
    return described | {"title": chat.title} | ({"is_forum": True} if chat.is_forum else {})


def _names(person: Person) -> Json:
    """The names that somebody has."""
    names = ("first_name", "last_name", "username")
    return {name: value for name in names if (value := getattr(person, name))}


def member_object(state: State, member: Member) -> Json:
    """A membership as a ChatMember."""
    described: Json = {"status": member.status, "user": user_object(state, member.person_id)}
    if member.status == "creator":
        described["is_anonymous"] = False
    elif member.status == "administrator":
        described |= {**_RIGHTS, "can_be_edited": False}
        if state.chats[member.chat_id].type == "supergroup":
            described["can_manage_topics"] = True
    elif member.status == "kicked":
        described["until_date"] = 0
    return described


def member_change_object(state: State, before: Member, after: Member, by: int) -> Json:
    """A change of a membership by somebody, at this moment, as a ChatMemberUpdated."""
    return {
        "chat": chat_object(state, state.chats[after.chat_id]),
        "from": user_object(state, by),
        "date": int(time.time()),
        "old_chat_member": member_object(state, before),
        "new_chat_member": member_object(state, after),
    }


def message_object(state: State, message: Message, *, with_reply: bool = True) -> Json:
    """A message as a Message. A message that is replied to comes without its own reply, as on Telegram.

    What is said in a topic and answers nothing else answers the service message that opened the topic.
    """
    described: Json = {
        "message_id": message.message_id,
        "from": _ANONYMOUS if message.anonymous else user_object(state, message.sender_id),
        "chat": chat_object(state, state.chats[message.chat_id]),
        "date": message.date,
    }
    if message.anonymous:
        described["sender_chat"] = described["chat"]
    if message.edit_date is not None:
        described["edit_date"] = message.edit_date
    if message.thread_id is not None:
        described["message_thread_id"] = message.thread_id
        in_topic = (message.chat_id, message.thread_id) in state.topics
        described |= {"is_topic_message": True} if in_topic else {}
    if message.protected:
        described["has_protected_content"] = True
    opening = message.thread_id if message.thread_id != message.message_id else None
    replied = state.messages.get((message.chat_id, message.reply_to or opening or 0))
    if with_reply and replied is not None:
        described["reply_to_message"] = message_object(state, replied, with_reply=False)
    described |= _content(state, message)
    for name in ("link_preview_options", "reply_markup"):
        if value := getattr(message, name):
            described[name] = value
    return described


def _content(state: State, message: Message) -> Json:
    """The text, the poll, the file with its caption, or what a service message is about."""
    if message.service is not None:
        return message.service
    if message.poll_id is not None:
        poll = state.polls[message.poll_id]
        more = {"description": poll.description, "description_entities": poll.description_entities}
        return {"poll": poll_object(poll) | {name: value for name, value in more.items() if value}}
    if message.file_id is None:
        return {"text": message.text} | ({"entities": message.entities} if message.entities else {})
    file = state.files[message.file_id]
    ids: Json = {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_size": file.size}
    described: Json
    if file.kind == "photo":
        described = {"photo": [ids | {"width": file.width, "height": file.height}]}
    else:
        described = {"document": ids | {"file_name": file.name, "mime_type": file.mime_type}}
    described |= {"caption": message.text} if message.text else {}
    return described | ({"caption_entities": message.entities} if message.entities else {})


def poll_object(poll: Poll) -> Json:
    """A poll as a Poll, without what only its message has."""
    options = [
        {
            "persistent_id": persistent_option_id(poll, index),
            "text": text,
            "voter_count": sum(index in chosen for chosen in poll.votes.values()),
        }
        for index, text in enumerate(poll.options)
    ]
    described = {
        "id": poll.poll_id,
        "question": poll.question,
        "options": options,
        "total_voter_count": len(poll.votes),
        "is_closed": poll.is_closed,
        "is_anonymous": poll.is_anonymous,
        "type": "regular",
        "allows_multiple_answers": poll.allows_multiple_answers,
        "allows_revoting": poll.allows_revoting,
        "members_only": False,
    }
    limits = {"open_period": poll.open_period, "close_date": poll.close_date}
    return described | {name: value for name, value in limits.items() if value is not None}


def persistent_option_id(poll: Poll, index: int) -> str:
    """What names an option whatever is added to a poll; in this server nothing ever is."""
    return f"{poll.poll_id}_{index}"


def button_actions(button: Json) -> list[str]:
    """What an inline button does, such as "callback_data": a sound one has exactly one action."""
    return [name for name in button if name not in ("text", "style", "icon_custom_emoji_id")]
