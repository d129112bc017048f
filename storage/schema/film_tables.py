"""The tables of films: those there are, those that came late, and those that are another name of another."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.schema.base import UtcDateTime, film, metadata, own_id

films = Table(
    "films",
    metadata,
    own_id(),
    Column("source", String(64), nullable=False),  # the data set whose numbering `source_id` is
    Column("source_id", BigInteger),  # null: this data set does not have the film
    Column("title", Text, nullable=False),
    Column("year", Integer),
    Column("genres", JSON, nullable=False),
    Column("imdb_id", String(16)),
    Column("tmdb_id", BigInteger),
    Column("alternatives", JSON, nullable=False),
    UniqueConstraint("source", "source_id"),
    sqlite_autoincrement=True,
)

# Films that came after the first model: an admin's, which no data set numbers, or a newer data set's.
additions = Table(
    "additions",
    metadata,
    film(primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
)

# Two rows that are one film: the first is another name of the second.
merges = Table(
    "merges",
    metadata,
    film(primary_key=True),
    film("into_id"),
    Column("merged_at", UtcDateTime, nullable=False),
    CheckConstraint("film_id <> into_id", name="another"),
    Index(None, "into_id"),
)
