"""The first schema: people and their answers, films, what was shown, and the intake of updates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_people()
    _create_films()
    _create_opinions()
    _create_rounds()
    _create_lists()
    _create_updates()
    op.create_table(
        "settings",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.JSON(), nullable=False),
    )


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, ID, primary_key=True, autoincrement=True)


def _person(*, primary_key: bool = False) -> sa.Column[int]:
    owner = sa.ForeignKey("people.id", ondelete="CASCADE")
    return sa.Column("person_id", ID, owner, primary_key=primary_key, nullable=False)


def _film(name: str = "film_id", *, primary_key: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, ID, sa.ForeignKey("films.id"), primary_key=primary_key, nullable=nullable)


def _create_people() -> None:
    op.create_table(
        "people",
        _id(),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False, unique=True),
        sa.Column("language", sa.String(35)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "genre_answers",
        _person(primary_key=True),
        sa.Column("genre", sa.String(64), primary_key=True),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", TIME, nullable=False),
        sa.CheckConstraint("value IN (-1, 1)", name="value"),
    )


def _create_films() -> None:
    op.create_table(
        "films",
        _id(),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("source_id", sa.BigInteger()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer()),
        sa.Column("genres", sa.JSON(), nullable=False),
        sa.Column("imdb_id", sa.String(16)),
        sa.Column("tmdb_id", sa.BigInteger()),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.UniqueConstraint("source", "source_id"),
        sqlite_autoincrement=True,
    )


def _create_opinions() -> None:
    op.create_table(
        "ratings",
        _person(primary_key=True),
        _film(primary_key=True),
        sa.Column("stars", sa.Float(), nullable=False),
        sa.Column("rated_at", TIME, nullable=False),
        sa.CheckConstraint("stars >= 0.5 AND stars <= 5", name="stars"),
    )
    op.create_index(None, "ratings", ["person_id", "rated_at", "film_id"])
    op.create_table(
        "marks",
        _person(primary_key=True),
        _film(primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("marked_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('seen', 'refused', 'unseen')", name="kind"),
    )


def _create_rounds() -> None:
    op.create_table(
        "rounds",
        _id(),
        _person(),
        sa.Column("kind", sa.String(16), nullable=False),
        _film(nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.CheckConstraint("kind IN ('onboarding', 'rate')", name="kind"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "rounds", ["person_id"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_rounds_open",
        "rounds",
        ["person_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "round_answers",
        sa.Column("round_id", ID, sa.ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
        _film(primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('rated', 'unseen')", name="kind"),
        sa.UniqueConstraint("round_id", "position"),
    )


def _create_lists() -> None:
    op.create_table(
        "lists",
        _id(),
        _person(),
        sa.Column("kind", sa.String(16), nullable=False),
        _film("seed_film_id", nullable=True),
        sa.Column("query", sa.Text()),
        sa.Column("parent_id", ID, sa.ForeignKey("lists.id", ondelete="SET NULL"), unique=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('recommend', 'similar', 'search')", name="kind"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "lists", ["person_id"])
    op.create_table(
        "exposures",
        _id(),
        _person(),
        _film(),
        sa.Column("surface", sa.String(16), nullable=False),
        sa.Column("shown_at", TIME, nullable=False),
        sa.Column("list_id", ID, sa.ForeignKey("lists.id", ondelete="CASCADE")),
        sa.Column("position", sa.Integer()),
        sa.Column("stars", sa.Float()),
        sa.Column("score", sa.Float()),
        _film("reason_film_id", nullable=True),
        sa.Column("reason_stars", sa.Float()),
        sa.CheckConstraint("position >= 1", name="position"),
        sa.UniqueConstraint("list_id", "position"),
        sa.UniqueConstraint("list_id", "film_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "exposures", ["person_id", "surface", "shown_at"])


def _create_updates() -> None:
    op.create_table(
        "updates",
        _id("seq"),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_key", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.CheckConstraint("state IN ('received', 'applied', 'done', 'failed')", name="state"),
        sa.UniqueConstraint("bot_id", "update_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "updates", ["finished_at"])
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_updates_pending",
        "updates",
        ["bot_id", "seq"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
