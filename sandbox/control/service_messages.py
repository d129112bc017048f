"""Service messages in words, as an app shows them."""

from sandbox.state.records import Json, Message
from sandbox.state.tables import State


def service_text(state: State, message: Message) -> str:
    """The one line of a service message: "Ada added Matinee"."""
    name = state.people.get(message.sender_id, state.bot).first_name
    ((field, content),) = (message.service or {}).items()
    if field == "new_chat_members":
        return _joined(name, message, content)
    if field == "left_chat_member":
        left = content["id"] == message.sender_id
        return f"{name} left the group" if left else f"{name} removed {content['first_name']}"
    if field == "forum_topic_created":
        return f"{name} opened the topic {content['name']}"
    return {
        "group_chat_created": f"{name} created the group",
        "supergroup_chat_created": f"{name} created the group",
        "forum_topic_closed": f"{name} closed the topic",
        "forum_topic_reopened": f"{name} reopened the topic",
        "migrate_to_chat_id": "The group became a supergroup",
        "migrate_from_chat_id": "The group is a supergroup now",
    }[field]


def _joined(name: str, message: Message, members: list[Json]) -> str:
    if [member["id"] for member in members] == [message.sender_id]:
        return f"{name} joined the group"
    return f"{name} added {', '.join(member['first_name'] for member in members)}"
