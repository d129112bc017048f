"""Shelves of films that a newcomer points at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "shelf_picks",
        sa.Column("person_id", ID, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("first_id", ID, sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("film_id", ID, sa.ForeignKey("films.id"), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=False),
    )
