"""What each column of each table may hold of a person. A test fails for a column that is not declared.

OUR_ID       our number of them
TELEGRAM_ID  Telegram's number of them
NAME         what others call them
TEXT         what they wrote, or words that may quote it
DEED         what they did, chose, were shown or were judged; says who only by the ids in its row
INSIDE       JSON that names a person in places that `storage.personal` knows
NOTHING      of anybody

`storage.personal` finds by it which rows are a person's, tells them and forgets them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Table


class Holds(StrEnum):
    """What a column may hold of a person."""

    OUR_ID = "our id"
    TELEGRAM_ID = "telegram id"
    NAME = "name"
    TEXT = "text"
    DEED = "deed"
    INSIDE = "inside"
    NOTHING = "nothing"


_ID, _TELEGRAM, _NAME, _TEXT = Holds.OUR_ID, Holds.TELEGRAM_ID, Holds.NAME, Holds.TEXT
_DEED, _INSIDE, _NONE = Holds.DEED, Holds.INSIDE, Holds.NOTHING
_FILTERS = "genres without decades fame"

HOLDINGS: dict[str, dict[Holds, str]] = {
    # films
    "films": {_NONE: "id source source_id title year genres imdb_id tmdb_id alternatives"},
    "additions": {_NONE: "film_id added_at"},
    "merges": {_NONE: "film_id into_id merged_at"},
    # people
    "people": {_ID: "id", _TELEGRAM: "telegram_id", _DEED: "language active created_at seen_at"},
    "preferences": {_ID: "person_id", _DEED: "time_zone"},
    "expected_answers": {_ID: "person_id", _DEED: "kind asked_at"},
    "genre_answers": {_ID: "person_id", _DEED: "genre value answered_at"},
    "shelf_picks": {_ID: "person_id", _DEED: "first_id film_id position picked_at"},
    "ratings": {_ID: "person_id", _DEED: "film_id stars rated_at"},
    "muted": {_ID: "person_id", _DEED: "film_id muted_at"},
    "marks": {_ID: "person_id", _DEED: "film_id kind marked_at"},
    "watchlist": {_ID: "person_id", _DEED: "film_id added_at"},
    "rounds": {_ID: "person_id", _DEED: "id kind film_id started_at ended_at"},
    "round_answers": {_DEED: "round_id film_id kind position"},
    "round_questions": {_DEED: "round_id film_id position"},
    "lists": {_ID: "person_id", _TEXT: "query", _DEED: "id kind seed_film_id parent_id created_at"},
    "exposures": {
        _ID: "person_id",
        _DEED: "id film_id surface shown_at list_id position stars score reason_film_id reason_stars",
    },
    "list_filters": {_DEED: f"list_id {_FILTERS}"},
    "standing_filters": {_ID: "person_id", _DEED: _FILTERS},
    "filter_panels": {_ID: "person_id", _DEED: f"id list_id {_FILTERS} made_list_id opened_at"},
    # groups and nights; a group is no person, and what it chose is nobody's
    "chats": {
        _NONE: "id telegram_id active time_zone zone_asked spare_seen strategy outsiders several"
        " quiet_from quiet_to openers"
    },
    "chat_members": {_ID: "person_id", _DEED: "chat_id seen_at"},
    "nights": {
        _NONE: "id chat_id topic_id state starts_at genres decades version opened_at film_id"
        " decided_by decided_at"
    },
    "night_members": {_ID: "person_id", _NAME: "name", _DEED: "night_id joined_at host"},
    "vetoes": {_ID: "person_id", _DEED: "night_id film_id vetoed_at"},
    "slates": {_NONE: "night_id rank film_id"},
    "screens": {_NONE: "night_id kind message_id shown"},
    "polls": {
        _NONE: "id night_id number state several outsiders strategy closes_at telegram_poll_id message_id"
        " unsure tally"
    },
    "poll_options": {_NONE: "poll_id position film_id rank"},
    "votes": {_ID: "person_id", _NAME: "name", _DEED: "poll_id position voted_at"},
    "night_opinions": {_ID: "person_id", _DEED: "night_id predicted expected given"},
    "errands": {
        _ID: "person_id",
        _DEED: "id night_id kind poll_number due_at state attempts message_id",
    },
    # what keeps the bot running
    "updates": {
        _TELEGRAM: "chat_key",
        _TEXT: "body result error",
        _DEED: "seq bot_id update_id state attempts received_at finished_at",
    },
    "settings": {_INSIDE: "value", _NONE: "key"},
    "models": {_NONE: "version origin state made_at job_id metrics verdict live_since pruned_at"},
    "jobs": {
        _TELEGRAM: "asked_by chat_id",
        _DEED: "id slot kind reason state message_id phase progress owner lease_until attempts stop version"
        " outcome error created_at started_at finished_at",
    },
    "notices": {_TELEGRAM: "telegram_id key", _DEED: "id kind payload state attempts due_at"},
    "audit": {_TELEGRAM: "actor", _INSIDE: "details", _DEED: "id at act"},
    "standings": {_ID: "person_id", _DEED: "state why since"},
    "flags": {_NONE: "id state kinds film_ids evidence found_at decided_at"},
    "flag_people": {_ID: "person_id", _DEED: "flag_id"},
    "weeks": {_NONE: "week figures made_at"},
}


def holds(column: Column[Any]) -> Holds:
    """What a column may hold. Raises KeyError for one that is not declared."""
    for kind, names in HOLDINGS[column.table.name].items():
        if column.name in names.split():
            return kind
    raise KeyError(f"{column.table.name}.{column.name}")


def is_shared(table: Table) -> bool:
    """Whether no row of a table is about a person."""
    return all(holds(column) is Holds.NOTHING for column in table.columns)
