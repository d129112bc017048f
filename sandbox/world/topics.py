"""Topics of a forum: opened, closed and deleted by people."""

from sandbox.errors import ControlError
from sandbox.state.records import Topic
from sandbox.state.tables import State
from sandbox.world.chats import Chats
from sandbox.world.groups import Groups

_ICON_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)


class Topics:
    """What people do with topics, and how the bot hears of it."""

    def __init__(self, state: State, chats: Chats, groups: Groups) -> None:
        self._state = state
        self._chats = chats
        self._groups = groups

    def add(self, chat_id: int, name: str, by: int) -> Topic:
        """A member opens a topic of a forum. Raises ControlError."""
        chat = self._state.current_group(chat_id)
        if not chat.is_forum:
            raise ControlError(409, "only a forum has topics")
        if not 1 <= len(name) <= 128:
            raise ControlError(400, "a topic's name has 1 to 128 characters")
        self._state.present_member(chat_id, by)
        color = _ICON_COLORS[len(self._state.topics) % len(_ICON_COLORS)]
        topic = Topic(chat_id, chat.last_message_id + 1, name, color)
        self._save(topic)
        service = {"forum_topic_created": {"name": name, "icon_color": color}}
        self._groups.add_service_message(chat_id, by, service, thread_id=topic.thread_id)
        return topic

    def close(self, chat_id: int, thread_id: int, closed: bool, by: int) -> Topic:
        """Close a topic, so that only administrators write there, or reopen it. Raises ControlError 404."""
        topic = self._state.topic(chat_id, thread_id)
        if topic.closed != closed:
            topic.closed = closed
            self._save(topic)
            field = "forum_topic_closed" if closed else "forum_topic_reopened"
            self._groups.add_service_message(chat_id, by, {field: {}}, thread_id=thread_id)
        return topic

    def delete(self, chat_id: int, thread_id: int) -> None:
        """A topic goes with all its messages; the bot gets no update. Raises ControlError 404."""
        topic = self._state.topic(chat_id, thread_id)
        for message in self._state.messages_of(chat_id):
            if message.thread_id == thread_id:
                self._chats.delete_message(message)
        self._state.topics.remove(topic)
        self._chats.touch(chat_id)

    def _save(self, topic: Topic) -> None:
        self._state.topics.save(topic)
        self._chats.touch(topic.chat_id)
