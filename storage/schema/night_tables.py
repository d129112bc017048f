"""The tables of groups and their movie nights.

What belongs to a group holds no person: who is in, who vetoed and who voted are rows of their own, which go
with the person.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from storage.schema.base import Id, UtcDateTime, film, metadata, own_id, person


def _chat(*, primary_key: bool = False) -> Column[int]:
    owner = ForeignKey("chats.id", ondelete="CASCADE")
    return Column("chat_id", Id, owner, primary_key=primary_key, nullable=False)


def _night(*, primary_key: bool = False) -> Column[int]:
    owner = ForeignKey("nights.id", ondelete="CASCADE")
    return Column("night_id", Id, owner, primary_key=primary_key, nullable=False)


def _poll() -> Column[int]:
    owner = ForeignKey("polls.id", ondelete="CASCADE")
    return Column("poll_id", Id, owner, primary_key=True, nullable=False)


chats = Table(
    "chats",
    metadata,
    own_id(),
    # changes when a group becomes a supergroup
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),  # false: the bot was removed
    Column("time_zone", String(64)),  # IANA; null: the one of the operator
    Column("zone_asked", Boolean, nullable=False),
    Column("spare_seen", Boolean, nullable=False),  # leave out what a member has seen
    Column("strategy", String(16), nullable=False),
    Column("outsiders", Boolean, nullable=False),  # votes of people who did not join count
    Column("several", Boolean, nullable=False),  # a person may vote for several films
    Column("quiet_from", SmallInteger),  # hours of the group's day, null: never quiet
    Column("quiet_to", SmallInteger),
    Column("openers", String(16), nullable=False),
    CheckConstraint("strategy IN ('average', 'least misery', 'fair')", name="strategy"),
    CheckConstraint("openers IN ('everybody', 'admins')", name="openers"),
    sqlite_autoincrement=True,
)

# Who joined a night in a group, or wrote to the bot there: whose taste its lists are for.
chat_members = Table(
    "chat_members",
    metadata,
    _chat(primary_key=True),
    person(primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)

nights = Table(
    "nights",
    metadata,
    own_id(),
    _chat(),
    Column("topic_id", BigInteger, nullable=False),  # 0 where there are no topics
    Column("state", String(16), nullable=False),
    Column("starts_at", UtcDateTime),  # null: now
    Column("genres", JSON, nullable=False),
    Column("decades", JSON, nullable=False),
    Column("version", Integer, nullable=False),  # counts what changes the board
    Column("opened_at", UtcDateTime, nullable=False),
    film(nullable=True),  # the winner
    Column("decided_by", String(16)),
    Column("decided_at", UtcDateTime),
    CheckConstraint("state IN ('gathering', 'polling', 'decided', 'cancelled')", name="state"),
    CheckConstraint("decided_by IN ('votes', 'host')", name="decided_by"),
    Index(None, "chat_id"),
    sqlite_autoincrement=True,
)
# One open night per topic.
Index(
    "uq_nights_open",
    nights.c.chat_id,
    nights.c.topic_id,
    unique=True,
    sqlite_where=text("state IN ('gathering', 'polling')"),
    postgresql_where=text("state IN ('gathering', 'polling')"),
)

night_members = Table(
    "night_members",
    metadata,
    _night(primary_key=True),
    person(primary_key=True),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("host", Boolean, nullable=False),
    Column("name", String(64)),  # as the board shows it
)

# One veto per person and night.
vetoes = Table(
    "vetoes",
    metadata,
    _night(primary_key=True),
    person(primary_key=True),
    film(),
    Column("vetoed_at", UtcDateTime, nullable=False),
)

# What a poll would offer now, best first.
slates = Table(
    "slates",
    metadata,
    _night(primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    film(),
    UniqueConstraint("night_id", "film_id"),
)

# The messages of a night that are edited in place, and which version of it they show.
screens = Table(
    "screens",
    metadata,
    _night(primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("message_id", BigInteger),
    Column("shown", Integer, nullable=False),
    CheckConstraint("kind IN ('board', 'seen', 'veto', 'pick')", name="kind"),
)

polls = Table(
    "polls",
    metadata,
    own_id(),
    _night(),
    Column("number", Integer, nullable=False),  # 2 is the second slate
    Column("state", String(16), nullable=False),
    Column("several", Boolean, nullable=False),
    Column("outsiders", Boolean, nullable=False),
    Column("strategy", String(16), nullable=False),
    Column("closes_at", UtcDateTime, nullable=False),
    Column("telegram_poll_id", String(64), unique=True),
    Column("message_id", BigInteger),
    Column("unsure", Boolean, nullable=False),  # sent again, since nobody could tell whether it had arrived
    Column("tally", JSON(none_as_null=True)),  # [votes, 1 if void] of each option, once it is closed
    CheckConstraint("state IN ('due', 'open', 'closed')", name="state"),
    UniqueConstraint("night_id", "number"),
    sqlite_autoincrement=True,
)

# In the order of the poll; without a film it is "None of these", without a rank as well.
poll_options = Table(
    "poll_options",
    metadata,
    _poll(),
    Column("position", Integer, primary_key=True, autoincrement=False),
    film(nullable=True),
    Column("rank", Integer),
    UniqueConstraint("poll_id", "film_id"),
)

votes = Table(
    "votes",
    metadata,
    _poll(),
    person(primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("voted_at", UtcDateTime, nullable=False),
    Column("name", String(64)),  # as the result shows it
)

# How a night went for a person: the fairness ledger. `predicted` is satisfaction, from 0 to 1; in stars,
# what was `expected` of the film, and what was `given` once they rated it.
night_opinions = Table(
    "night_opinions",
    metadata,
    _night(primary_key=True),
    person(primary_key=True),
    Column("predicted", Float),
    Column("expected", Float),
    Column("given", Float),
)

# What the bot has yet to do at a certain time: the outbox of messages, and deadlines. In SQL the table keeps
# the name that version 0.1.0 gave it.
tasks = Table(
    "errands",
    metadata,
    own_id(),
    _night(),
    Column("kind", String(16), nullable=False),
    Column("person_id", Id, ForeignKey("people.id", ondelete="CASCADE")),  # null: for the group
    Column("poll_number", Integer, nullable=False),  # 0: for the night
    Column("due_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("message_id", BigInteger),
    CheckConstraint("state IN ('waiting', 'trying', 'done', 'dropped')", name="state"),
    Index(None, "night_id"),
    sqlite_autoincrement=True,
)
# The few that are not done.
Index(
    "ix_errands_open",
    tasks.c.due_at,
    sqlite_where=text("state IN ('waiting', 'trying')"),
    postgresql_where=text("state IN ('waiting', 'trying')"),
)
