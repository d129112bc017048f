"""All tables, in one place. The migrations build the same ones; a test compares them.

Whatever belongs to a person goes with the person (`ON DELETE CASCADE`). Films are never deleted.
"""

from __future__ import annotations

from storage.schema.base import UtcDateTime, metadata
from storage.schema.nights import (
    chat_members,
    chats,
    errands,
    night_members,
    night_opinions,
    nights,
    poll_options,
    polls,
    screens,
    slates,
    vetoes,
    votes,
)
from storage.schema.private import (
    expected_answers,
    exposures,
    films,
    filter_panels,
    genre_answers,
    list_filters,
    lists,
    marks,
    muted,
    people,
    preferences,
    ratings,
    round_answers,
    round_questions,
    rounds,
    settings,
    standing_filters,
    updates,
    watchlist,
)

__all__ = [
    "UtcDateTime",
    "chat_members",
    "chats",
    "errands",
    "expected_answers",
    "exposures",
    "films",
    "filter_panels",
    "genre_answers",
    "list_filters",
    "lists",
    "marks",
    "metadata",
    "muted",
    "night_members",
    "night_opinions",
    "nights",
    "people",
    "poll_options",
    "polls",
    "preferences",
    "ratings",
    "round_answers",
    "round_questions",
    "rounds",
    "screens",
    "settings",
    "slates",
    "standing_filters",
    "updates",
    "vetoes",
    "votes",
    "watchlist",
]
