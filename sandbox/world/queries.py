"""Callback queries: taps on buttons, and whether the bot can still answer them."""

import time

from sandbox.errors import ControlError
from sandbox.state.objects import button_actions, message_object, user_object
from sandbox.state.records import Json, Message, Query
from sandbox.state.tables import State
from sandbox.world.chats import Chats
from sandbox.world.updates import UpdateQueue

# Seconds in which a query can be answered; Telegram publishes no figure.
_LIFETIME = 15 * 60.0


class Queries:
    """What people tap, and how the bot hears of it."""

    def __init__(self, state: State, chats: Chats, updates: UpdateQueue) -> None:
        self._state = state
        self._chats = chats
        self._updates = updates

    def tap(
        self, person_id: int, label: str, message_id: int | None = None, chat_id: int | None = None
    ) -> Query | str:
        """A person taps the button `label`, on the newest message that has it unless `message_id` says which.

        Returns the query that the tap made, or the address that the button opens. Where a keyboard has the
        label twice, the first in reading order is tapped. Raises ControlError 404 with the labels there are.
        """
        messages = self._state.messages_of(self._chat_to_tap(person_id, chat_id))[::-1]
        keyboards = {
            message.message_id: (message, message.reply_markup["inline_keyboard"])
            for message in messages
            if message.reply_markup and message_id in (None, message.message_id)
        }
        for message, rows in keyboards.values():
            for button in (button for row in rows for button in row):
                if button["text"] == label:
                    return self._press(message, person_id, button)
        labels = {
            number: [[button["text"] for button in row] for row in rows]
            for number, (_, rows) in keyboards.items()
        }
        raise ControlError(404, f'there is no button "{label}"', labels=labels)

    def tap_data(self, person_id: int, data: str, message_id: int, chat_id: int | None = None) -> Query:
        """A tap that carries `data`, whether or not the message still has such a button.

        This is what an app sends that has not seen the newest keyboard. Raises ControlError 404.
        """
        message = self._state.message(self._chat_to_tap(person_id, chat_id), message_id)
        return self._add(message, person_id, data)

    def is_open(self, query: Query) -> bool:
        """Whether the bot can still answer."""
        return not query.expired and time.time() - query.time < _LIFETIME

    def save(self, query: Query) -> None:
        """Write a query that is new, was answered or has expired."""
        self._state.queries.save(query)
        self._chats.touch(query.chat_id)

    def expire(self, query_id: str | None = None) -> list[str]:
        """Let one unanswered query, or all of them, be too old to answer; their ids."""
        expired = [
            query
            for query in self._state.queries.values()
            if query.answer is None and query_id in (None, query.query_id) and not query.expired
        ]
        for query in expired:
            query.expired = True
            self.save(query)
        return [query.query_id for query in expired]

    def _chat_to_tap(self, person_id: int, chat_id: int | None) -> int:
        """The id of a chat where the person can tap. Raises ControlError 404 or 409."""
        if chat_id is None or chat_id == person_id:
            return self._state.reachable(person_id).person_id
        return self._state.present_member(self._state.group(chat_id).chat_id, person_id).chat_id

    def _press(self, message: Message, person_id: int, button: Json) -> Query | str:
        if "callback_data" in button:
            return self._add(message, person_id, button["callback_data"])
        if "url" in button:
            return str(button["url"])
        raise ControlError(501, f"tapping a {button_actions(button)[0]} button is not supported yet")

    def _add(self, message: Message, person_id: int, data: str) -> Query:
        newest = max(map(int, self._state.queries), default=0)
        query_id = str(max(time.time_ns(), newest + 1))
        query = Query(query_id, person_id, message.chat_id, message.message_id, data, time.time())
        self.save(query)
        payload = {
            "id": query_id,
            "from": user_object(self._state, person_id),
            "chat_instance": str(message.chat_id * 7919),
            "message": message_object(self._state, message),
            "data": data,
        }
        self._updates.add("callback_query", payload)
        return query
