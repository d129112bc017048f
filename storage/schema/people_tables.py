"""The tables of people: what they said of films, and what they were shown."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.base import Id, UtcDateTime, film, metadata, own_id, person

# `sqlite_autoincrement`: an id that was once on a button is never given to another row.

people = Table(
    "people",
    metadata,
    own_id(),
    Column("telegram_id", BigInteger, nullable=False, unique=True),
    Column("language", String(35)),  # as Telegram gives it, IETF
    Column("active", Boolean, nullable=False),  # false: blocked the bot, nothing is pushed
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

preferences = Table(
    "preferences",
    metadata,
    person(primary_key=True),
    Column("time_zone", String(64)),  # IANA; null: the one of the operator
)

# A text that a feature has asked for: the next message without a slash goes there. No CHECK on the kind,
# so that a new feature needs no migration.
expected_answers = Table(
    "expected_answers",
    metadata,
    person(primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

genre_answers = Table(
    "genre_answers",
    metadata,
    person(primary_key=True),
    Column("genre", String(64), primary_key=True),
    Column("value", SmallInteger, nullable=False),
    Column("answered_at", UtcDateTime, nullable=False),
    CheckConstraint("value IN (-1, 1)", name="value"),
)

# A shelf is a few films shown together, known by the first of them; see bot/onboarding.
shelf_picks = Table(
    "shelf_picks",
    metadata,
    person(primary_key=True),
    film("first_id", primary_key=True),
    film(primary_key=True),
    Column("position", Integer, nullable=False),
    Column("picked_at", UtcDateTime, nullable=False),
)

ratings = Table(
    "ratings",
    metadata,
    person(primary_key=True),
    film(primary_key=True),
    Column("stars", Float, nullable=False),
    Column("rated_at", UtcDateTime, nullable=False),
    CheckConstraint("stars >= 0.5 AND stars <= 5", name="stars"),
    Index(None, "person_id", "rated_at", "film_id"),
)

# Ratings that are no evidence of taste: "Not because of that". The row goes with its rating.
muted = Table(
    "muted",
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("film_id", Id, primary_key=True),
    Column("muted_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(
        ["person_id", "film_id"], ["ratings.person_id", "ratings.film_id"], ondelete="CASCADE"
    ),
)

marks = Table(
    "marks",
    metadata,
    person(primary_key=True),
    film(primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("marked_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('seen', 'refused', 'unseen')", name="kind"),
)

watchlist = Table(
    "watchlist",
    metadata,
    person(primary_key=True),
    film(primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
    Index(None, "person_id", "added_at", "film_id"),
)

rounds = Table(
    "rounds",
    metadata,
    own_id(),
    person(),
    Column("kind", String(16), nullable=False),
    film(nullable=True),  # the film on the card now
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    CheckConstraint("kind IN ('onboarding', 'rate')", name="kind"),
    Index(None, "person_id"),
    sqlite_autoincrement=True,
)
# A person has one open round at most.
Index(
    "uq_rounds_open",
    rounds.c.person_id,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

round_answers = Table(
    "round_answers",
    metadata,
    Column("round_id", Id, ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    film(primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("position", Integer, nullable=False),
    CheckConstraint("kind IN ('rated', 'unseen')", name="kind"),
    UniqueConstraint("round_id", "position"),
)

# A round that asks about certain films asks these, in order; any other round asks what tells most.
round_questions = Table(
    "round_questions",
    metadata,
    Column("round_id", Id, ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    film(primary_key=True),
    Column("position", Integer, nullable=False),
    UniqueConstraint("round_id", "position"),
)

lists = Table(
    "lists",
    metadata,
    own_id(),
    person(),
    Column("kind", String(16), nullable=False),
    film("seed_film_id", nullable=True),
    Column("query", Text),
    Column("parent_id", Id, ForeignKey("lists.id", ondelete="SET NULL"), unique=True),  # one next page
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('recommend', 'similar', 'search')", name="kind"),
    Index(None, "person_id"),
    sqlite_autoincrement=True,
)

exposures = Table(
    "exposures",
    metadata,
    own_id(),
    person(),
    film(),
    Column("surface", String(16), nullable=False),  # the kind of its list, or "question", "card"
    Column("shown_at", UtcDateTime, nullable=False),
    Column("list_id", Id, ForeignKey("lists.id", ondelete="CASCADE")),
    Column("position", Integer),
    Column("stars", Float),  # as predicted then
    Column("score", Float),
    film("reason_film_id", nullable=True),
    Column("reason_stars", Float),
    CheckConstraint("position >= 1", name="position"),
    UniqueConstraint("list_id", "position"),
    UniqueConstraint("list_id", "film_id"),
    Index(None, "person_id", "surface", "shown_at"),
    sqlite_autoincrement=True,
)


def _filters() -> tuple[Column[list[str]], Column[list[str]], Column[list[int]], Column[str]]:
    return (
        Column("genres", JSON, nullable=False),
        Column("without", JSON, nullable=False),
        Column("decades", JSON, nullable=False),
        Column("fame", String(16), nullable=False),
    )


_FAME = "fame IN ('known', 'any', 'deep')"

list_filters = Table(
    "list_filters",
    metadata,
    Column("list_id", Id, ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
    *_filters(),
    CheckConstraint(_FAME, name="fame"),
)

standing_filters = Table(
    "standing_filters",
    metadata,
    person(primary_key=True),
    *_filters(),
    CheckConstraint(_FAME, name="fame"),
)

filter_panels = Table(
    "filter_panels",
    metadata,
    own_id(),
    person(),
    # null: opened from /settings
    Column("list_id", Id, ForeignKey("lists.id", ondelete="CASCADE")),
    *_filters(),
    # what Apply made, so that a second tap finds it
    Column("made_list_id", Id, ForeignKey("lists.id", ondelete="SET NULL"), unique=True),
    Column("opened_at", UtcDateTime, nullable=False),
    CheckConstraint(_FAME, name="fame"),
    Index(None, "person_id"),
    sqlite_autoincrement=True,
)
