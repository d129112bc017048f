"""The watchlist, filters of lists and filters that stay, preferences, and texts that are expected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
FAME = "fame IN ('known', 'any', 'deep')"


def upgrade() -> None:
    op.create_table(
        "watchlist",
        _person(primary_key=True),
        sa.Column("film_id", ID, sa.ForeignKey("films.id"), primary_key=True, nullable=False),
        sa.Column("added_at", TIME, nullable=False),
    )
    op.create_index(None, "watchlist", ["person_id", "added_at", "film_id"])
    _create_filters()
    op.create_table("preferences", _person(primary_key=True), sa.Column("time_zone", sa.String(64)))
    op.create_table(
        "expected_answers",
        _person(primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
    )


def _create_filters() -> None:
    op.create_table(
        "list_filters",
        sa.Column("list_id", ID, sa.ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True),
        *_filters(),
        sa.CheckConstraint(FAME, name="fame"),
    )
    op.create_table(
        "standing_filters",
        _person(primary_key=True),
        *_filters(),
        sa.CheckConstraint(FAME, name="fame"),
    )
    op.create_table(
        "filter_panels",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        _person(),
        sa.Column("list_id", ID, sa.ForeignKey("lists.id", ondelete="CASCADE")),
        *_filters(),
        sa.Column("made_list_id", ID, sa.ForeignKey("lists.id", ondelete="SET NULL"), unique=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.CheckConstraint(FAME, name="fame"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "filter_panels", ["person_id"])


def _person(*, primary_key: bool = False) -> sa.Column[int]:
    owner = sa.ForeignKey("people.id", ondelete="CASCADE")
    return sa.Column("person_id", ID, owner, primary_key=primary_key, nullable=False)


def _filters() -> tuple[sa.Column[list[str]], sa.Column[list[str]], sa.Column[list[int]], sa.Column[str]]:
    return (
        sa.Column("genres", sa.JSON(), nullable=False),
        sa.Column("without", sa.JSON(), nullable=False),
        sa.Column("decades", sa.JSON(), nullable=False),
        sa.Column("fame", sa.String(16), nullable=False),
    )
