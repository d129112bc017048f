"""Names stand where they are shown, on a seat and on a vote: who only voted is nobody that a group knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SEATS = """
UPDATE night_members SET name = (
    SELECT chat_members.name FROM chat_members JOIN nights ON nights.chat_id = chat_members.chat_id
    WHERE nights.id = night_members.night_id AND chat_members.person_id = night_members.person_id
)
"""
_VOTES = """
UPDATE votes SET name = (
    SELECT chat_members.name FROM chat_members JOIN nights ON nights.chat_id = chat_members.chat_id
    JOIN polls ON polls.night_id = nights.id
    WHERE polls.id = votes.poll_id AND chat_members.person_id = votes.person_id
)
"""
# Until now a vote was enough to be met in a group; who joined a night there once, or hosted it, stays.
_STRANGERS = """
DELETE FROM chat_members WHERE person_id IN (
    SELECT votes.person_id FROM votes JOIN polls ON polls.id = votes.poll_id
    JOIN nights ON nights.id = polls.night_id WHERE nights.chat_id = chat_members.chat_id
) AND person_id NOT IN (
    SELECT night_members.person_id FROM night_members JOIN nights ON nights.id = night_members.night_id
    WHERE nights.chat_id = chat_members.chat_id
)
"""


def upgrade() -> None:
    op.add_column("night_members", sa.Column("name", sa.String(64)))
    op.add_column("votes", sa.Column("name", sa.String(64)))
    for statement in (_SEATS, _VOTES, _STRANGERS):
        op.execute(statement)
    op.drop_column("chat_members", "name")
