"""The admin's seat: models, jobs, notices, audit, standings, flags, weeks, films added and merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_models()
    _create_jobs()
    _create_notices()
    _create_standings()
    op.create_table(
        "weeks",
        sa.Column("week", sa.String(8), primary_key=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
    )
    op.create_table(
        "additions",
        sa.Column("film_id", ID, sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("added_at", TIME, nullable=False),
    )
    op.create_table(
        "merges",
        sa.Column("film_id", ID, sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("into_id", ID, sa.ForeignKey("films.id"), nullable=False),
        sa.Column("merged_at", TIME, nullable=False),
        sa.CheckConstraint("film_id <> into_id", name="another"),
    )
    op.create_index(None, "merges", ["into_id"])


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("job_id", ID),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.JSON()),
        sa.Column("live_since", TIME),
        sa.Column("pruned_at", TIME),
        sa.CheckConstraint("origin IN ('hand', 'fine', 'full')", name="origin"),
        sa.CheckConstraint("state IN ('live', 'former', 'refused')", name="state"),
    )
    live = sa.text("state = 'live'")
    op.create_index(
        "uq_models_live", "models", ["state"], unique=True, sqlite_where=live, postgresql_where=live
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("slot", sa.SmallInteger(), unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.BigInteger()),
        sa.Column("chat_id", sa.BigInteger()),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("phase", sa.String(16)),
        sa.Column("progress", sa.JSON()),
        sa.Column("owner", sa.String(128)),
        sa.Column("lease_until", TIME),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("outcome", sa.String(16)),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.CheckConstraint("kind IN ('fine', 'full')", name="kind"),
        sa.CheckConstraint("reason IN ('command', 'schedule', 'ratings', 'first')", name="reason"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"),
        sa.CheckConstraint("outcome IN ('promoted', 'refused')", name="outcome"),
        sa.CheckConstraint("(slot IS NOT NULL) = (state IN ('waiting', 'running'))", name="slot"),
        sa.CheckConstraint("slot = 1", name="one"),
        sqlite_autoincrement=True,
    )


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(128), unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'trying', 'done', 'dropped')", name="state"),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("state IN ('waiting', 'trying')")
    op.create_index("ix_notices_open", "notices", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "audit",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sqlite_autoincrement=True,
    )


def _create_standings() -> None:
    op.create_table(
        "standings",
        _person(),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.CheckConstraint("state IN ('kept_out', 'let_in')", name="state"),
        sa.CheckConstraint("why IN ('brigade', 'admin')", name="why"),
    )
    op.create_table(
        "flags",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("film_ids", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("decided_at", TIME),
        sa.CheckConstraint("state IN ('open', 'kept_out', 'let_in')", name="state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "flag_people",
        sa.Column("flag_id", ID, sa.ForeignKey("flags.id", ondelete="CASCADE"), primary_key=True),
        _person(),
    )
    op.create_index(None, "flag_people", ["person_id"])


def _person() -> sa.Column[int]:
    owner = sa.ForeignKey("people.id", ondelete="CASCADE")
    return sa.Column("person_id", ID, owner, primary_key=True, nullable=False)
