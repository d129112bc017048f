"""The tables that keep the bot running: updates, facts, models, trainings, and those for admins."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.base import Id, UtcDateTime, metadata, own_id, person

updates = Table(
    "updates",
    metadata,
    own_id("seq"),
    Column("bot_id", BigInteger, nullable=False),
    Column("update_id", BigInteger, nullable=False),
    Column("chat_key", BigInteger, nullable=False),
    Column("body", JSON(none_as_null=True)),  # null once done or failed: what people wrote is not kept
    Column("state", String(16), nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, index=True),
    CheckConstraint("state IN ('received', 'applied', 'done', 'failed')", name="state"),
    UniqueConstraint("bot_id", "update_id"),
    sqlite_autoincrement=True,
)
# The few rows that a start takes up again, among the many that are done.
Index(
    "ix_updates_pending",
    updates.c.bot_id,
    updates.c.seq,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)

# Facts about this database as a whole. In SQL the table keeps the name that version 0.1.0 gave it.
facts = Table(
    "settings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

# Admins are known by Telegram's ids, which the settings name: an admin need not be one of the people.

models = Table(
    "models",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),  # the number of the artifact
    Column("origin", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("job_id", Id),  # the job that made it; no key, since jobs may go before their models
    Column("metrics", JSON, nullable=False),  # on the permanent holdout
    Column("verdict", JSON(none_as_null=True)),  # of the gate
    Column("live_since", UtcDateTime),  # when it became live the last time
    Column("pruned_at", UtcDateTime),  # its artifact was deleted
    CheckConstraint("origin IN ('hand', 'fine', 'full')", name="origin"),
    CheckConstraint("state IN ('live', 'former', 'refused')", name="state"),
)
Index(
    "uq_models_live",
    models.c.state,
    unique=True,
    sqlite_where=text("state = 'live'"),
    postgresql_where=text("state = 'live'"),
)

jobs = Table(
    "jobs",
    metadata,
    own_id(),
    Column("slot", SmallInteger, unique=True),  # 1 until it has ended: one at a time
    Column("kind", String(16), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_by", BigInteger),  # Telegram's id of an admin
    Column("chat_id", BigInteger),  # where the message is that shows how far it is
    Column("message_id", BigInteger),
    Column("phase", String(16)),
    Column("progress", JSON(none_as_null=True)),
    Column("owner", String(128)),  # the process that has it
    Column("lease_until", UtcDateTime),  # it is free again from then on
    Column("attempts", Integer, nullable=False),
    Column("stop", Boolean, nullable=False),  # an admin wants it to end
    Column("version", Integer),  # the model that came out
    Column("outcome", String(16)),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    CheckConstraint("kind IN ('fine', 'full')", name="kind"),
    CheckConstraint("reason IN ('command', 'schedule', 'ratings', 'first')", name="reason"),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"),
    CheckConstraint("outcome IN ('promoted', 'refused')", name="outcome"),
    CheckConstraint("(slot IS NOT NULL) = (state IN ('waiting', 'running'))", name="slot"),
    CheckConstraint("slot = 1", name="one"),
    sqlite_autoincrement=True,
)

# Messages to admins, each once. `key` names what a message is about, so that there is no second one.
notices = Table(
    "notices",
    metadata,
    own_id(),
    Column("telegram_id", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("key", String(128), unique=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('waiting', 'trying', 'done', 'dropped')", name="state"),
    sqlite_autoincrement=True,
)
Index(
    "ix_notices_open",
    notices.c.due_at,
    sqlite_where=text("state IN ('waiting', 'trying')"),
    postgresql_where=text("state IN ('waiting', 'trying')"),
)

audit = Table(
    "audit",
    metadata,
    own_id(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", BigInteger, nullable=False),  # Telegram's id of an admin; 0 is the bot itself
    Column("act", String(32), nullable=False),
    Column("details", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# Ratings that no model learns from, or that an admin let in whatever is found in them.
standings = Table(
    "standings",
    metadata,
    person(primary_key=True),
    Column("state", String(16), nullable=False),
    Column("why", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('kept_out', 'let_in')", name="state"),
    CheckConstraint("why IN ('brigade', 'admin')", name="why"),
)

# Groups of people whose ratings look arranged; their numbers are in `flag_people`.
flags = Table(
    "flags",
    metadata,
    own_id(),
    Column("state", String(16), nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("film_ids", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    CheckConstraint("state IN ('open', 'kept_out', 'let_in')", name="state"),
    sqlite_autoincrement=True,
)

flag_people = Table(
    "flag_people",
    metadata,
    Column("flag_id", Id, ForeignKey("flags.id", ondelete="CASCADE"), primary_key=True),
    person(primary_key=True),
    Index(None, "person_id"),
)

# What was measured of the loop, week by week; `week` is ISO 8601's, as 2026-W48.
weeks = Table(
    "weeks",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("figures", JSON, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
