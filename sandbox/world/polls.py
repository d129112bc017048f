"""Polls: votes, and their end by hand or by time."""

import time

from sandbox.errors import ControlError
from sandbox.state.objects import persistent_option_id, poll_object, user_object
from sandbox.state.records import Poll
from sandbox.state.tables import State
from sandbox.world.chats import Chats
from sandbox.world.updates import UpdateQueue


class Polls:
    """What people do with the bot's polls, and how the bot hears of it."""

    def __init__(self, state: State, chats: Chats, updates: UpdateQueue) -> None:
        self._state = state
        self._chats = chats
        self._updates = updates

    def find(self, chat_id: int, message_id: int | None = None) -> Poll:
        """The newest poll of a chat, or that of a message. Raises ControlError 404 for none."""
        self._state.chat(chat_id)
        for message in reversed(self._state.messages_of(chat_id)):
            if message.poll_id is not None and message_id in (None, message.message_id):
                return self._state.polls[message.poll_id]
        raise ControlError(404, "there is no such poll in this chat")

    def save(self, poll: Poll) -> None:
        """Write a poll that is new or was changed, and so its message."""
        self._state.polls.save(poll)
        self._chats.save_message(self._state.messages[poll.chat_id, poll.message_id])

    def vote(self, chat_id: int, person_id: int, options: list[str], message_id: int | None = None) -> Poll:
        """A person chooses options by their texts in the newest poll of a chat, or in that of a message.

        No options retract the vote. The bot gets the poll's new counts and, unless it is anonymous, who
        chose what; nothing if it is the same choice. Raises ControlError 404 with what there is, and 409
        for a vote that no app would let through.
        """
        self.close_due()
        poll, voter = self.find(chat_id, message_id), str(person_id)
        self._state.person(person_id)
        if person_id != chat_id:
            self._state.present_member(chat_id, person_id)
        if unknown := [text for text in options if text not in poll.options]:
            raise ControlError(404, f"there is no option {unknown[0]!r}", options=poll.options)
        chosen = sorted({poll.options.index(text) for text in options})
        if poll.is_closed:
            raise ControlError(409, "the poll is closed")
        if len(chosen) > 1 and not poll.allows_multiple_answers:
            raise ControlError(409, "this poll takes one answer")
        if voter in poll.votes and not poll.allows_revoting:
            raise ControlError(409, "this poll lets nobody change a vote")
        if poll.votes.get(voter, []) == chosen:
            return poll
        poll.votes.pop(voter, None)
        poll.votes |= {voter: chosen} if chosen else {}
        self._announce(poll)
        if not poll.is_anonymous:
            answer = {
                "poll_id": poll.poll_id,
                "user": user_object(self._state, person_id),
                "option_ids": chosen,
                "option_persistent_ids": [persistent_option_id(poll, index) for index in chosen],
            }
            self._updates.add("poll_answer", answer)
        return poll

    def close(self, poll: Poll) -> None:
        """From now on nobody can vote; the bot gets the final counts."""
        poll.is_closed = True
        self._announce(poll)

    def close_due(self) -> None:
        """Close the polls whose time is over."""
        for poll in [*self._state.polls.values()]:
            if not poll.is_closed and poll.close_date is not None and poll.close_date <= time.time():
                self.close(poll)

    def _announce(self, poll: Poll) -> None:
        self.save(poll)
        self._updates.add("poll", poll_object(poll))
