"""Groups, their movie nights, polls and votes, and what has to be done at a certain time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_chats()
    _create_nights()
    _create_polls()
    _create_errands()


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, ID, primary_key=True, autoincrement=True)


def _person(*, primary_key: bool = False) -> sa.Column[int]:
    owner = sa.ForeignKey("people.id", ondelete="CASCADE")
    return sa.Column("person_id", ID, owner, primary_key=primary_key, nullable=False)


def _film(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("film_id", ID, sa.ForeignKey("films.id"), nullable=nullable)


def _chat(*, primary_key: bool = False) -> sa.Column[int]:
    owner = sa.ForeignKey("chats.id", ondelete="CASCADE")
    return sa.Column("chat_id", ID, owner, primary_key=primary_key, nullable=False)


def _night(*, primary_key: bool = False) -> sa.Column[int]:
    owner = sa.ForeignKey("nights.id", ondelete="CASCADE")
    return sa.Column("night_id", ID, owner, primary_key=primary_key, nullable=False)


def _poll() -> sa.Column[int]:
    owner = sa.ForeignKey("polls.id", ondelete="CASCADE")
    return sa.Column("poll_id", ID, owner, primary_key=True, nullable=False)


def _create_chats() -> None:
    op.create_table(
        "chats",
        _id(),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(64)),
        sa.Column("zone_asked", sa.Boolean(), nullable=False),
        sa.Column("spare_seen", sa.Boolean(), nullable=False),
        sa.Column("strategy", sa.String(16), nullable=False),
        sa.Column("outsiders", sa.Boolean(), nullable=False),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger()),
        sa.Column("quiet_to", sa.SmallInteger()),
        sa.Column("openers", sa.String(16), nullable=False),
        sa.CheckConstraint("strategy IN ('average', 'least misery', 'fair')", name="strategy"),
        sa.CheckConstraint("openers IN ('everybody', 'admins')", name="openers"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "chat_members",
        _chat(primary_key=True),
        _person(primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
    )


def _create_nights() -> None:
    op.create_table(
        "nights",
        _id(),
        _chat(),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts_at", TIME),
        sa.Column("genres", sa.JSON(), nullable=False),
        sa.Column("decades", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        _film(nullable=True),
        sa.Column("decided_by", sa.String(16)),
        sa.Column("decided_at", TIME),
        sa.CheckConstraint("state IN ('gathering', 'polling', 'decided', 'cancelled')", name="state"),
        sa.CheckConstraint("decided_by IN ('votes', 'host')", name="decided_by"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "nights", ["chat_id"])
    op.create_index(
        "uq_nights_open",
        "nights",
        ["chat_id", "topic_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('gathering', 'polling')"),
        postgresql_where=sa.text("state IN ('gathering', 'polling')"),
    )
    op.create_table(
        "night_members",
        _night(primary_key=True),
        _person(primary_key=True),
        sa.Column("joined_at", TIME, nullable=False),
        sa.Column("host", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "vetoes",
        _night(primary_key=True),
        _person(primary_key=True),
        _film(),
        sa.Column("vetoed_at", TIME, nullable=False),
    )
    op.create_table(
        "slates",
        _night(primary_key=True),
        sa.Column("rank", sa.Integer(), primary_key=True, autoincrement=False),
        _film(),
        sa.UniqueConstraint("night_id", "film_id"),
    )
    op.create_table(
        "screens",
        _night(primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('board', 'seen', 'veto', 'pick')", name="kind"),
    )


def _create_polls() -> None:
    op.create_table(
        "polls",
        _id(),
        _night(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("outsiders", sa.Boolean(), nullable=False),
        sa.Column("strategy", sa.String(16), nullable=False),
        sa.Column("closes_at", TIME, nullable=False),
        sa.Column("telegram_poll_id", sa.String(64), unique=True),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("tally", sa.JSON(none_as_null=True)),
        sa.CheckConstraint("state IN ('due', 'open', 'closed')", name="state"),
        sa.UniqueConstraint("night_id", "number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "poll_options",
        _poll(),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        _film(nullable=True),
        sa.Column("rank", sa.Integer()),
        sa.UniqueConstraint("poll_id", "film_id"),
    )
    op.create_table(
        "votes",
        _poll(),
        _person(primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("voted_at", TIME, nullable=False),
    )


def _create_errands() -> None:
    op.create_table(
        "night_opinions",
        _night(primary_key=True),
        _person(primary_key=True),
        sa.Column("predicted", sa.Float()),
        sa.Column("expected", sa.Float()),
        sa.Column("given", sa.Float()),
    )
    op.create_table(
        "errands",
        _id(),
        _night(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE")),
        sa.Column("poll_number", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.CheckConstraint("state IN ('waiting', 'trying', 'done', 'dropped')", name="state"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "errands", ["night_id"])
    op.create_index(
        "ix_errands_open",
        "errands",
        ["due_at"],
        sqlite_where=sa.text("state IN ('waiting', 'trying')"),
        postgresql_where=sa.text("state IN ('waiting', 'trying')"),
    )
