"""Reasons that can be corrected, and rounds that ask about films chosen beforehand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "muted",
        sa.Column("person_id", ID, primary_key=True),
        sa.Column("film_id", ID, primary_key=True),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id", "film_id"], ["ratings.person_id", "ratings.film_id"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "round_questions",
        sa.Column("round_id", ID, sa.ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("film_id", ID, sa.ForeignKey("films.id"), primary_key=True, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.UniqueConstraint("round_id", "position"),
    )
